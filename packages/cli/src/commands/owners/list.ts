import type { Keyward, Owner } from "@keyward/core";
import type { Command } from "commander";
import { withKeyward } from "../../deployment/open-keyward.ts";
import { table } from "../../terminal/table.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { formatTime } from "../../time.ts";
import type { JsonOption } from "../keys/key-text.ts";
import { describeOwnLimits } from "../limits-text.ts";
import { ownerStatus } from "./owner-text.ts";

interface ListOwnersOptions extends JsonOption {
  readonly search?: string;
}

const PAGE_SIZE = 1000;

export function addListOwners(owners: Command, terminal: Terminal): void {
  owners
    .command("list")
    .description("list owners by id")
    .option("--search <text>", "only owners whose id or name contains this")
    .option("--json", "print JSON")
    .addHelpText("after", "\nExample:\n  keyward owners list --search acme")
    .action((options: ListOwnersOptions) => list(terminal, options));
}

async function list(terminal: Terminal, { search, json }: ListOwnersOptions): Promise<void> {
  const owners = await withKeyward(terminal, ({ kw }) => readAll(kw, search));
  if (json === true) return terminal.printJson({ owners });
  if (owners.length === 0) {
    return terminal.note(search === undefined ? "No owners yet." : "No owners match.");
  }
  const rows = owners.map((owner) => [
    owner.id,
    owner.name ?? "",
    ownerStatus(owner),
    owner.plan ?? "",
    owner.limits === undefined ? "" : describeOwnLimits(owner.limits),
    formatTime(owner.createdAt),
  ]);
  terminal.print(...table(["ID", "NAME", "STATUS", "PLAN", "LIMITS", "CREATED"], rows));
}

async function readAll(kw: Keyward, search: string | undefined): Promise<Owner[]> {
  const owners: Owner[] = [];
  for (let cursor: string | undefined; ;) {
    const page = await kw.owners.list({ limit: PAGE_SIZE, search, cursor });
    owners.push(...page.owners);
    cursor = page.nextCursor;
    if (cursor === undefined) return owners;
  }
}
