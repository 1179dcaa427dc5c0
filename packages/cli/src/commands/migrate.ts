import { migrateStore, printMigrations } from "@keyward/sql";
import type { Command } from "commander";
import { UsageError } from "../command-error.ts";
import { locateStore, readSettings, type StoreLocation } from "../deployment/settings.ts";
import type { Terminal } from "../terminal/terminal.ts";

export function addMigrate(program: Command, terminal: Terminal): void {
  program
    .command("migrate")
    .description("create the tables of the store, or upgrade them to this release")
    .option("--print", "print the SQL, and change nothing")
    .addHelpText(
      "after",
      `
Opening a store does the same, unless it is opened with migrate: false. Back up the store first.

Examples:
  keyward migrate
  keyward migrate --print > keyward.sql`,
    )
    .action(async ({ print }: { print?: boolean }) => {
      const { store } = readSettings(terminal);
      if (store === "memory:")
        throw new UsageError("KEYWARD_STORE must name a database to migrate; got memory:.");
      const location = locateStore(store, terminal.cwd);
      if (print === true) await printPending(terminal, location);
      else await runPending(terminal, location);
    });
}

async function printPending(terminal: Terminal, location: StoreLocation): Promise<void> {
  const sql = await printMigrations(location.url);
  if (sql === "") terminal.note(upToDate(location));
  else terminal.print(...sql.trimEnd().split("\n"));
}

async function runPending(terminal: Terminal, location: StoreLocation): Promise<void> {
  const names = await migrateStore(location.url);
  if (names.length === 0) return terminal.print(upToDate(location));
  const count = names.length === 1 ? "1 migration" : `${names.length} migrations`;
  terminal.print(`Ran ${count} of ${location.path ?? "PostgreSQL"}: ${names.join(", ")}.`);
}

function upToDate({ path = "PostgreSQL" }: StoreLocation): string {
  return `${path} is up to date.`;
}
