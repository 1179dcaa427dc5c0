import type { ApiKey, Keyward } from "@keyward/core";
import type { Command } from "commander";
import { withKeyward } from "../../settings.ts";
import { table } from "../../table.ts";
import type { Terminal } from "../../terminal.ts";
import { formatAgo, formatTime } from "../../times.ts";
import { type Json, paintStatus } from "./print-key.ts";

export function addList(keys: Command, terminal: Terminal): void {
  keys
    .command("list")
    .description("list keys, newest first")
    .option("--owner <id>", "those of one owner")
    .option("--json", "as JSON")
    .addHelpText("after", "\nExample:\n  keyward keys list --owner acme")
    .action((flags: Json & { owner?: string }) => listKeys(terminal, flags));
}

async function listKeys(terminal: Terminal, { owner, json }: Json & { owner?: string }): Promise<void> {
  const keys = await withKeyward(terminal, (kw) => all(kw, owner));
  if (json === true) return terminal.out(JSON.stringify({ keys }, null, 2));
  if (keys.length === 0) return terminal.say("There are no keys.");
  const { paint } = terminal;
  const rows = keys.map((key) => [
    key.id,
    key.name,
    key.masked,
    paintStatus(paint, key),
    key.plan,
    formatAgo(key.lastUsedAt),
    formatTime(key.expiresAt),
  ]);
  const headings = ["ID", "NAME", "KEY", "STATUS", "PLAN", "LAST USED", "EXPIRES"];
  terminal.out(
    table(
      headings.map((heading) => paint("dim", heading)),
      rows,
    ),
  );
}

async function all(kw: Keyward, ownerId: string | undefined): Promise<ApiKey[]> {
  const keys: ApiKey[] = [];
  for (let cursor: string | undefined; ;) {
    const page = await kw.keys.list({
      limit: 1000,
      ...(ownerId !== undefined && { ownerId }),
      ...(cursor !== undefined && { cursor }),
    });
    keys.push(...page.keys);
    cursor = page.nextCursor;
    if (cursor === undefined) return keys;
  }
}
