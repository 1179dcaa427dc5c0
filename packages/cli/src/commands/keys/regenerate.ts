import type { Command } from "commander";
import { actorOf, agreeOn, describeKey, existing } from "../../act.ts";
import { withKeyward } from "../../settings.ts";
import type { Terminal } from "../../terminal.ts";
import { type Json, showOnce } from "./print-key.ts";

export function addRegenerate(keys: Command, terminal: Terminal): void {
  keys
    .command("regenerate <id>")
    .description("revoke a key and print one that takes its place, once")
    .option("--yes", "without a question")
    .option("--json", "as JSON")
    .addHelpText("after", "\nExample:\n  keyward keys regenerate key_0VJx9a2Lq7Rm4Tn1Zc8d")
    .action((id: string, flags: Json & { yes?: boolean }) =>
      withKeyward(terminal, async (kw) => {
        const key = await existing(kw, id);
        await agreeOn(terminal, `Revoke ${describeKey(key)} at once and make its successor?`, flags);
        showOnce(terminal, await kw.keys.regenerate(id, actorOf(terminal)), flags);
      }),
    );
}
