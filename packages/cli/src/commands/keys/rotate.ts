import type { Command } from "commander";
import { actorOf } from "../../act.ts";
import { withKeyward } from "../../settings.ts";
import type { Terminal } from "../../terminal.ts";
import { formatTime, parseDuration } from "../../times.ts";
import { type Json, showOnce } from "./print-key.ts";

export function addRotate(keys: Command, terminal: Terminal): void {
  keys
    .command("rotate <id>")
    .description("print a key that takes another's place, once; the old one lives on for a while")
    .option("--overlap <duration>", "for how long", parseDuration, parseDuration("24h"))
    .option("--json", "as JSON")
    .addHelpText("after", "\nExample:\n  keyward keys rotate key_0VJx9a2Lq7Rm4Tn1Zc8d --overlap 7d")
    .action((id: string, flags: Json & { overlap: number }) =>
      withKeyward(terminal, async (kw) => {
        const created = await kw.keys.rotate(id, { overlapMs: flags.overlap }, actorOf(terminal));
        const old = await kw.keys.get(id);
        terminal.say(`The old key ends at ${formatTime(old?.expiresAt)} UTC.`);
        showOnce(terminal, created, flags);
      }),
    );
}
