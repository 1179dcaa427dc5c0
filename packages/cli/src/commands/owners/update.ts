import type { UpdateOwnerInput } from "@keyward/core";
import type { Command } from "commander";
import { UsageError } from "../../command-error.ts";
import { withKeyward } from "../../deployment/open-keyward.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import type { JsonOption } from "../keys/key-text.ts";
import { addOwnOptions, planOf, toOwnFields, type OwnOptions } from "../own-options.ts";
import { printOwner } from "./owner-text.ts";

type UpdateOwnerOptions = JsonOption & OwnOptions;

export function addUpdateOwner(owners: Command, terminal: Terminal): void {
  addOwnOptions(
    owners.command("update <id>").description("change an owner, or create it; what is left out stays"),
  )
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
The plan of an owner applies to all of its keys that have no plan.

Examples:
  keyward owners update acme --plan pro
  keyward owners update acme --name "Acme Ltd." --allowed-address 203.0.113.0/24`,
    )
    .action((id: string, options: UpdateOwnerOptions) => update(terminal, id, options));
}

async function update(terminal: Terminal, id: string, options: UpdateOwnerOptions): Promise<void> {
  const input: UpdateOwnerInput = toOwnFields(options);
  if (Object.keys(input).length === 0) throw new UsageError("Pass what to change, such as --plan pro.");
  await withKeyward(
    terminal,
    async ({ kw, actor }) => printOwner(terminal, await kw.owners.update(id, input, actor), options),
    { plan: planOf(options) },
  );
}
