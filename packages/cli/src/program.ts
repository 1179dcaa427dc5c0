import { Command, CommanderError } from "commander";
import { KeywardError } from "@keyward/core";
import { Refused } from "./act.ts";
import { addAudit } from "./commands/audit.ts";
import { addDoctor } from "./commands/doctor.ts";
import { addInit } from "./commands/init.ts";
import { addKeys } from "./commands/keys/add-keys.ts";
import { addScan } from "./commands/scan.ts";
import { addUsage } from "./commands/usage.ts";
import type { Terminal } from "./terminal.ts";

/** What it exits with. */
export const EXIT = { done: 0, refused: 1, badUsage: 2 } as const;

const ENVIRONMENT = `
Environment:
  KEYWARD_STORE   sqlite:<path> (sqlite:./keyward.db if not set), or postgres://user:password@host/database
  KEYWARD_SECRET  the deployment's secret; beside a SQLite database, <path>.secret is read if it is not set
  KEYWARD_PREVIOUS_SECRET
                  the one before, while it is being changed
  KEYWARD_ACTOR   who acts, for the audit trail; the user of this machine if not set
  NO_COLOR        no colours

Exits with 0 if it was done, 1 if it was refused or something was found, 2 if it was called wrongly.`;

/** Runs one command. Gives what to exit with. */
export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  let exitCode: number = EXIT.done;
  const program = new Command("keyward")
    .description("API keys, usage, the audit trail, leaked keys, and the health of a deployment.")
    .addHelpText("after", ENVIRONMENT)
    .showHelpAfterError("(--help says more)")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.out(text.trimEnd()),
      writeErr: (text) => terminal.say(text.trimEnd()),
    });
  const found = () => void (exitCode = EXIT.refused);
  addInit(program, terminal);
  addKeys(program, terminal);
  addUsage(program, terminal);
  addAudit(program, terminal);
  addDoctor(program, terminal, found);
  addScan(program, terminal, found);
  for (const command of allOf(program)) command.copyInheritedSettings(program);
  try {
    await program.parseAsync(args, { from: "user" });
    return exitCode;
  } catch (error) {
    // Commander has said already what was wrong with the call. Help and version are no errors.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.badUsage;
    if (!(error instanceof KeywardError) && !(error instanceof Refused)) throw error;
    terminal.say(`${terminal.paint("red", "keyward:")} ${error.message}`);
    const misused = error instanceof KeywardError && error.code.startsWith("invalid-");
    return misused ? EXIT.badUsage : EXIT.refused;
  }
}

function allOf(command: Command): Command[] {
  return command.commands.flatMap((sub) => [sub, ...allOf(sub)]);
}
