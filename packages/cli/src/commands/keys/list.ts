import type { ApiKey, Keyward } from "@keyward/core";
import type { Command } from "commander";
import { withKeyward } from "../../deployment/open-keyward.ts";
import { table } from "../../terminal/table.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { formatAgo, formatTime } from "../../time.ts";
import { statusText, type JsonOption } from "./key-text.ts";

interface ListKeysOptions extends JsonOption {
  readonly owner?: string;
}

const PAGE_SIZE = 1000;

export function addList(keys: Command, terminal: Terminal): void {
  keys
    .command("list")
    .description("list keys, newest first")
    .option("--owner <id>", "only keys of this owner")
    .option("--json", "print JSON")
    .addHelpText("after", "\nExample:\n  keyward keys list --owner acme")
    .action((options: ListKeysOptions) => list(terminal, options));
}

async function list(terminal: Terminal, { owner, json }: ListKeysOptions): Promise<void> {
  const keys = await withKeyward(terminal, ({ kw }) => readAll(kw, owner));
  if (json === true) return terminal.printJson({ keys });
  if (keys.length === 0)
    return terminal.note(owner === undefined ? "No keys yet." : "This owner has no keys.");
  const headings = ["ID", "NAME", "KEY", "STATUS", "PLAN", "LAST USED", "EXPIRES"];
  const rows = keys.map((key) => [
    key.id,
    key.name,
    key.masked,
    statusText(key),
    key.plan ?? "",
    formatAgo(key.lastUsedAt),
    formatTime(key.expiresAt),
  ]);
  terminal.print(...table(headings, rows));
}

async function readAll(kw: Keyward, ownerId: string | undefined): Promise<ApiKey[]> {
  const keys: ApiKey[] = [];
  for (let cursor: string | undefined; ;) {
    const page = await kw.keys.list({
      limit: PAGE_SIZE,
      ...(ownerId !== undefined && { ownerId }),
      ...(cursor !== undefined && { cursor }),
    });
    keys.push(...page.keys);
    cursor = page.nextCursor;
    if (cursor === undefined) return keys;
  }
}
