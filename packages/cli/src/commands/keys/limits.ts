import { KeywardError, type Limits } from "@keyward/core";
import { InvalidArgumentError, type Command } from "commander";
import { actorOf, existing } from "../../act.ts";
import { withKeyward } from "../../settings.ts";
import type { Terminal } from "../../terminal.ts";
import { type Json, show } from "./print-key.ts";

const count = (text: string) => {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError("Wants a whole number from 1.");
  return Number(text);
};

export function addLimits(keys: Command, terminal: Terminal): void {
  keys
    .command("limits <id>")
    .description("give a key limits of its own, or take them away")
    .option("--rate <n>", "requests a second, sustained", count)
    .option("--burst <n>", "requests in any one second", count)
    .option("--daily <n>", "requests a UTC day", count)
    .option("--reset", "back to those of its plan")
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      "\nExamples:\n  keyward keys limits key_0VJx9a2Lq7Rm4Tn1Zc8d --rate 400 --burst 1000 --daily 10000\n  keyward keys limits key_0VJx9a2Lq7Rm4Tn1Zc8d --reset",
    )
    .action((id: string, flags: Json & Partial<Limits> & { reset?: boolean }) => limits(terminal, id, flags));
}

async function limits(
  terminal: Terminal,
  id: string,
  { rate, burst, daily, reset, json }: Json & Partial<Limits> & { reset?: boolean },
): Promise<void> {
  const given = { ...(rate && { rate }), ...(burst && { burst }), ...(daily && { daily }) };
  if ((reset === true) === Object.keys(given).length > 0) {
    throw new KeywardError("invalid-input", "limits: wants --rate, --burst and --daily, or --reset.");
  }
  await withKeyward(terminal, async (kw) => {
    const own = (await existing(kw, id)).limits;
    if (reset !== true && own === undefined && Object.keys(given).length < 3) {
      throw new KeywardError(
        "invalid-input",
        `limits: ${id} has none of its own yet, so all three are wanted: --rate, --burst and --daily.`,
      );
    }
    const next = reset === true ? null : ({ ...own, ...given } as Limits);
    show(terminal, await kw.keys.update(id, { limits: next }, actorOf(terminal)), { json: json === true });
  });
}
