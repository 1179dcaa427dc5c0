import type { Limits } from "@keyward/core";
import type { Command } from "commander";
import { wholeNumber } from "../../arguments.ts";
import { UsageError } from "../../command-error.ts";
import { withKeyward } from "../../deployment/open-keyward.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { getKey, printKey, type JsonOption } from "./key-text.ts";

type LimitsOptions = JsonOption & Partial<Limits> & { readonly reset?: boolean };

export function addLimits(keys: Command, terminal: Terminal): void {
  keys
    .command("limits <id>")
    .description("set or remove a key's own limits")
    .option("--rate <n>", "requests per second, sustained", wholeNumber(1))
    .option("--burst <n>", "requests within any second", wholeNumber(1))
    .option("--daily <n>", "requests per UTC day", wholeNumber(1))
    .option("--reset", "remove the key's own limits; those of its plan apply")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Examples:
  keyward keys limits key_0VJx9a2Lq7Rm4Tn1Zc8d --rate 400 --burst 1000 --daily 10000
  keyward keys limits key_0VJx9a2Lq7Rm4Tn1Zc8d --reset`,
    )
    .action((id: string, options: LimitsOptions) => setLimits(terminal, id, options));
}

async function setLimits(terminal: Terminal, id: string, options: LimitsOptions): Promise<void> {
  const { rate, burst, daily, reset } = options;
  const changes = { ...(rate && { rate }), ...(burst && { burst }), ...(daily && { daily }) };
  if ((reset === true) === Object.keys(changes).length > 0)
    throw new UsageError("Pass --rate, --burst or --daily, or else --reset.");
  await withKeyward(terminal, async ({ kw, actor }) => {
    const { limits } = await getKey(kw, id);
    if (reset !== true && limits === undefined && Object.keys(changes).length < 3)
      throw new UsageError(
        `${id} does not have its own limits yet. Pass all of --rate, --burst and --daily.`,
      );
    const next = reset === true ? null : ({ ...limits, ...changes } as Limits);
    printKey(terminal, await kw.keys.update(id, { limits: next }, actor), options);
  });
}
