import { readFileSync } from "node:fs";
import { KeywardError } from "@keyward/core";
import { Command, CommanderError } from "commander";
import { CommandError, EXIT } from "./command-error.ts";
import { addAudit } from "./commands/audit/add-audit.ts";
import { addDoctor } from "./commands/doctor.ts";
import { addInit } from "./commands/init.ts";
import { addKeys } from "./commands/keys/add-keys.ts";
import { addLimitsCommands } from "./commands/limits.ts";
import { addMigrate } from "./commands/migrate.ts";
import { addOwners } from "./commands/owners/add-owners.ts";
import { addQuota } from "./commands/quota.ts";
import { addScan } from "./commands/scan.ts";
import { addUsage } from "./commands/usage.ts";
import { styled } from "./terminal/line.ts";
import type { Terminal } from "./terminal/terminal.ts";

const HELP = `
Environment variables, also read from .env in the working directory:
  KEYWARD_STORE         sqlite:<path> or postgres://user:password@host/database (default: sqlite:./keyward.db)
  KEYWARD_SECRET        the deployment's secret (default: the file <path>.secret next to a SQLite database)
  KEYWARD_SECRET_FILE   a file that contains the secret, instead of KEYWARD_SECRET
  KEYWARD_PREVIOUS_SECRET, KEYWARD_PREVIOUS_SECRET_FILE
                        the previous secret, while the secret is being changed
  KEYWARD_ACTOR         the actor in audit events (default: the user of this machine)
  KEYWARD_PLANS         a JSON file with the application's plans, as the option plans has them
  REDIS_URL             the Redis that the application counts in, and that doctor checks
  REDIS_PREFIX          the prefix of the application's names in Redis (default: keyward:)

NO_COLOR turns colors off.

Exit status: 0 success, 1 refused or found, 2 usage error.`;

/** Runs one command. Returns the exit status. */
export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  let exitStatus: number = EXIT.success;
  const fail = () => void (exitStatus = EXIT.failure);
  const program = createProgram(terminal);
  addInit(program, terminal);
  addKeys(program, terminal);
  addOwners(program, terminal);
  addQuota(program, terminal);
  addLimitsCommands(program, terminal);
  addUsage(program, terminal);
  addAudit(program, terminal, fail);
  addDoctor(program, terminal, fail);
  addMigrate(program, terminal);
  addScan(program, terminal, fail);
  for (const command of commandsOf(program)) command.copyInheritedSettings(program);
  try {
    await program.parseAsync(args, { from: "user" });
    return exitStatus;
  } catch (error) {
    // Commander has printed what was wrong. It throws for --help and --version, too.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.success : EXIT.usage;
    return reportError(terminal, error);
  }
}

function createProgram(terminal: Terminal): Command {
  return new Command("keyward")
    .description("Manage API keys, find leaked keys, and check a deployment.")
    .version(readVersion(), "--version", "print the version")
    .addHelpText("after", HELP)
    .showHelpAfterError("Run with --help for usage.")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.print(...text.trimEnd().split("\n")),
      writeErr: (text) => terminal.note(...text.trimEnd().split("\n")),
    });
}

function readVersion(): string {
  const manifest = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}

function reportError(terminal: Terminal, error: unknown): number {
  if (!(error instanceof KeywardError) && !(error instanceof CommandError)) throw error;
  terminal.note([styled("red", "keyward:"), ` ${error.message}`]);
  if (error instanceof CommandError) return error.exitStatus;
  return error.code.startsWith("invalid-") ? EXIT.usage : EXIT.failure;
}

function commandsOf(command: Command): Command[] {
  return command.commands.flatMap((each) => [each, ...commandsOf(each)]);
}
