import type { Command } from "commander";
import { wholeNumber } from "../arguments.ts";
import { withKeyward } from "../deployment/open-keyward.ts";
import { table } from "../terminal/table.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { formatTime } from "../time.ts";

interface AuditOptions {
  readonly key?: string;
  readonly limit: number;
  readonly json?: boolean;
}

export function addAudit(program: Command, terminal: Terminal): void {
  program
    .command("audit")
    .description("list audit events, newest first")
    .option("--key <id>", "only events of this key")
    .option("--limit <n>", "number of events, 1 to 1000", wholeNumber(1, 1000), 50)
    .option("--json", "print JSON")
    .addHelpText("after", "\nExample:\n  keyward audit --key key_0VJx9a2Lq7Rm4Tn1Zc8d")
    .action((options: AuditOptions) => audit(terminal, options));
}

async function audit(terminal: Terminal, { key, limit, json }: AuditOptions): Promise<void> {
  const { entries } = await withKeyward(terminal, ({ kw }) =>
    kw.audit.list({ limit, ...(key !== undefined && { keyId: key }) }),
  );
  if (json === true) return terminal.printJson({ entries });
  if (entries.length === 0) return terminal.note("No audit events yet.");
  const rows = entries.map(({ at, action, keyId, actor, address, details }) => [
    formatTime(at),
    action,
    keyId,
    actor,
    address ?? "",
    Object.entries(details)
      .map(([name, value]) => `${name}: ${Array.isArray(value) ? value.join(" ") : String(value)}`)
      .join(", "),
  ]);
  terminal.print(...table(["TIME (UTC)", "EVENT", "KEY", "ACTOR", "ADDRESS", "DETAILS"], rows));
}
