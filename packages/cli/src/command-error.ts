/** Exit statuses of the command line. */
export const EXIT = { success: 0, failure: 1, usage: 2 } as const;

/** An expected failure of a command. Users see its message only. */
export class CommandError extends Error {
  readonly exitStatus: number = EXIT.failure;
}

/** Invalid arguments or settings. */
export class UsageError extends CommandError {
  override readonly exitStatus: number = EXIT.usage;
}
