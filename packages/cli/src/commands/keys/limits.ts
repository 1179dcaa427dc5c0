import type { Command } from "commander";
import { UsageError } from "../../command-error.ts";
import { withKeyward } from "../../deployment/open-keyward.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { addLimitOptions, changeLimits, hasLimitOptions, type LimitOptions } from "../limit-options.ts";
import { getKey, printKey, type JsonOption } from "./key-text.ts";

type KeyLimitsOptions = JsonOption & LimitOptions & { readonly reset?: boolean };

export function addLimits(keys: Command, terminal: Terminal): void {
  addLimitOptions(
    keys.command("limits <id>").description("set or remove a key's own limits, which override its plan's"),
  )
    .option("--reset", "remove the key's own limits; those of its plan apply")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
--rate, --per and --burst override the plan's together; every quota overrides the plan's separately.

Examples:
  keyward keys limits key_0VJx9a2Lq7Rm4Tn1Zc8d --rate 400 --burst 1000 --daily 10000
  keyward keys limits key_0VJx9a2Lq7Rm4Tn1Zc8d --daily none --monthly 500000 --time-zone Europe/Berlin
  keyward keys limits key_0VJx9a2Lq7Rm4Tn1Zc8d --rate 1000 --until 7d
  keyward keys limits key_0VJx9a2Lq7Rm4Tn1Zc8d --reset`,
    )
    .action((id: string, options: KeyLimitsOptions) => setLimits(terminal, id, options));
}

async function setLimits(terminal: Terminal, id: string, options: KeyLimitsOptions): Promise<void> {
  const isReset = options.reset === true;
  if (isReset === hasLimitOptions(options)) {
    throw new UsageError("Pass the limits to set, such as --daily 10000, or else --reset.");
  }
  await withKeyward(terminal, async ({ kw, actor }) => {
    const { limits: present, revision: ifRevision } = await getKey(kw, id);
    const limits = isReset ? null : changeLimits(present, options);
    printKey(terminal, await kw.keys.update(id, { limits, ifRevision }, actor), options);
  });
}
