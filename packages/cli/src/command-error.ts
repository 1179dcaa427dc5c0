/** Exit statuses of the command line. */
export const EXIT = { success: 0, failure: 1, usage: 2 } as const;

/** A reason why a command did nothing, or stopped. Its message is all that the user needs. */
export class CommandError extends Error {
  readonly exitStatus: number = EXIT.failure;
}

/** A command that was called in a way it does not accept. */
export class UsageError extends CommandError {
  override readonly exitStatus: number = EXIT.usage;
}
