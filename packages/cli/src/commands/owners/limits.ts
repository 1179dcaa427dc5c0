import type { Command } from "commander";
import { UsageError } from "../../command-error.ts";
import { withKeyward } from "../../deployment/open-keyward.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import type { JsonOption } from "../keys/key-text.ts";
import { addLimitOptions, changeLimits, hasLimitOptions, type LimitOptions } from "../limit-options.ts";
import { printOwner } from "./owner-text.ts";

type OwnerLimitsOptions = JsonOption & LimitOptions & { readonly reset?: boolean };

export function addOwnerLimits(owners: Command, terminal: Terminal): void {
  addLimitOptions(
    owners
      .command("limits <id>")
      .description("set or remove limits for all keys of an owner together, which override its plan's"),
  )
    .option("--reset", "remove the owner's own limits; those of its plan apply")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
--rate, --per and --burst override the plan's together; every quota overrides the plan's separately.

Examples:
  keyward owners limits acme --monthly 20000
  keyward owners limits acme --rate 1000 --per minute --until 7d
  keyward owners limits acme --reset`,
    )
    .action((id: string, options: OwnerLimitsOptions) => setLimits(terminal, id, options));
}

async function setLimits(terminal: Terminal, id: string, options: OwnerLimitsOptions): Promise<void> {
  const isReset = options.reset === true;
  if (isReset === hasLimitOptions(options)) {
    throw new UsageError("Pass the limits to set, such as --monthly 20000, or else --reset.");
  }
  await withKeyward(terminal, async ({ kw, actor }) => {
    const owner = await kw.owners.get(id);
    const limits = isReset ? null : changeLimits(owner?.limits, options);
    const ifRevision = owner?.revision;
    printOwner(terminal, await kw.owners.update(id, { limits, ifRevision }, actor), options);
  });
}
