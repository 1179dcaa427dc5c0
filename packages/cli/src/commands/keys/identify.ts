import type { Command } from "commander";
import { CommandError } from "../../command-error.ts";
import { withKeyward } from "../../deployment/open-keyward.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { printKey, type JsonOption } from "./key-text.ts";

export function addIdentify(keys: Command, terminal: Terminal): void {
  keys
    .command("identify")
    .description("show which key a raw key is; reads it from stdin")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
The raw key is not an argument, because arguments end up in the history of the shell and in process lists.

Example:
  keyward keys identify < found-key.txt`,
    )
    .action((options: JsonOption) => identify(terminal, options));
}

async function identify(terminal: Terminal, options: JsonOption): Promise<void> {
  const raw = (await terminal.readLine())?.trim() ?? "";
  if (raw === "") throw new CommandError("Expected a key on standard input; got nothing.");
  await withKeyward(terminal, async ({ kw }) => {
    const key = await kw.keys.identify(raw);
    if (key === undefined) throw new CommandError("No key of this deployment matches.");
    printKey(terminal, key, options);
  });
}
