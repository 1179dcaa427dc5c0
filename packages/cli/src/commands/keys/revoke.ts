import type { Command } from "commander";
import { actorOf, agreeOn, describeKey, existing } from "../../act.ts";
import { withKeyward } from "../../settings.ts";
import type { Terminal } from "../../terminal.ts";
import { type Json } from "./print-key.ts";

export function addRevoke(keys: Command, terminal: Terminal): void {
  keys
    .command("revoke <id>")
    .description("revoke a key, for ever")
    .option("--yes", "without a question")
    .option("--json", "as JSON")
    .addHelpText("after", "\nExample:\n  keyward keys revoke key_0VJx9a2Lq7Rm4Tn1Zc8d --yes")
    .action((id: string, flags: Json & { yes?: boolean }) => revoke(terminal, id, flags));
}

async function revoke(terminal: Terminal, id: string, flags: Json & { yes?: boolean }): Promise<void> {
  await withKeyward(terminal, async (kw) => {
    const key = await existing(kw, id);
    if (key.status !== "revoked") {
      await agreeOn(terminal, `Revoke ${describeKey(key)}? This cannot be undone.`, flags);
    }
    const revoked = await kw.keys.revoke(id, actorOf(terminal));
    if (flags.json === true) terminal.out(JSON.stringify(revoked, null, 2));
    const already = key.status === "revoked" ? "was revoked already" : "is revoked";
    terminal.say(`${describeKey(revoked)} ${already}.`);
  });
}
