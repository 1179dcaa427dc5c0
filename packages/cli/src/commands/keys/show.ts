import type { Command } from "commander";
import { existing } from "../../act.ts";
import { withKeyward } from "../../settings.ts";
import type { Terminal } from "../../terminal.ts";
import { type Json, show } from "./print-key.ts";

export function addShow(keys: Command, terminal: Terminal): void {
  keys
    .command("show <id>")
    .description("show a key: everything but the key")
    .option("--json", "as JSON")
    .addHelpText("after", "\nExample:\n  keyward keys show key_0VJx9a2Lq7Rm4Tn1Zc8d")
    .action((id: string, flags: Json) =>
      withKeyward(terminal, async (kw) => show(terminal, await existing(kw, id), flags)),
    );
}
