import { CommandError } from "./command-error.ts";
import type { Terminal } from "./terminal/terminal.ts";

/** The option of commands that cannot be undone. */
export interface YesOption {
  readonly yes?: boolean;
}

/** Asks before something that cannot be undone. Throws unless the answer is yes. */
export async function confirmOrThrow(
  terminal: Terminal,
  question: string,
  { yes }: YesOption,
): Promise<void> {
  if (yes === true) return;
  const answer = await terminal.confirm(question);
  if (answer === undefined)
    throw new CommandError("This needs confirmation, and stdin has no answer. Pass --yes to confirm.");
  if (!answer) throw new CommandError("Nothing was changed.");
}
