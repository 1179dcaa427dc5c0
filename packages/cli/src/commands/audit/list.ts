import type { AuditChange, AuditEvent, JsonValue } from "@keyward/core";
import type { Command } from "commander";
import { wholeNumber } from "../../arguments.ts";
import { withKeyward } from "../../deployment/open-keyward.ts";
import { table } from "../../terminal/table.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { formatTime } from "../../time.ts";

interface ListOptions {
  readonly key?: string;
  readonly limit: number;
  readonly json?: boolean;
}

export function addList(audit: Command, terminal: Terminal): void {
  audit
    .command("list", { isDefault: true })
    .description("list audit events, newest first")
    .option("--key <id>", "only events of this key")
    .option("--limit <n>", "number of events, 1 to 1000", wholeNumber(1, 1000), 50)
    .option("--json", "print JSON")
    .addHelpText("after", "\nExample:\n  keyward audit --key key_0VJx9a2Lq7Rm4Tn1Zc8d")
    .action((options: ListOptions) => list(terminal, options));
}

async function list(terminal: Terminal, { key, limit, json }: ListOptions): Promise<void> {
  const { events } = await withKeyward(terminal, ({ kw }) =>
    kw.audit.list({ limit, ...(key !== undefined && { keyId: key }) }),
  );
  if (json === true) return terminal.printJson({ events });
  if (events.length === 0) return terminal.note("No audit events yet.");
  const rows = events.map(({ at, action, keyId, ownerId, actor, address, details }) => [
    formatTime(at),
    action,
    keyId ?? ownerId ?? "",
    actor,
    address ?? "",
    describeDetails(details),
  ]);
  terminal.print(...table(["TIME (UTC)", "EVENT", "SUBJECT", "ACTOR", "ADDRESS", "DETAILS"], rows));
}

/** `name: billing, plan: free → pro`. */
function describeDetails({ changes, ...others }: AuditEvent["details"]): string {
  const texts = Object.entries(others).map(([name, value]) => `${name}: ${describeValue(value)}`);
  for (const [field, change] of Object.entries(changes ?? {})) {
    const { before, after } = change as unknown as AuditChange;
    texts.push(`${field}: ${describeValue(before)} → ${describeValue(after)}`);
  }
  return texts.join(", ");
}

function describeValue(value: JsonValue): string {
  if (value === null) return "none";
  if (Array.isArray(value)) return value.join(" ");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
