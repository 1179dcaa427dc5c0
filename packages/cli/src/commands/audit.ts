import { InvalidArgumentError, type Command } from "commander";
import { withKeyward } from "../settings.ts";
import { table } from "../table.ts";
import type { Terminal } from "../terminal.ts";
import { formatTime } from "../times.ts";

interface AuditFlags {
  readonly key?: string;
  readonly limit: number;
  readonly json?: boolean;
}

export function addAudit(program: Command, terminal: Terminal): void {
  program
    .command("audit")
    .description("show who did what to which key, newest first")
    .option("--key <id>", "what was done to one key")
    .option(
      "--limit <n>",
      "how many entries, 1 to 1000",
      (text) => {
        const limit = Number(text);
        if (!Number.isSafeInteger(limit) || limit < 1 || limit > 1000) {
          throw new InvalidArgumentError("Wants a whole number from 1 to 1000.");
        }
        return limit;
      },
      50,
    )
    .option("--json", "as JSON")
    .addHelpText("after", "\nExample:\n  keyward audit --key key_0VJx9a2Lq7Rm4Tn1Zc8d")
    .action((flags: AuditFlags) => audit(terminal, flags));
}

async function audit(terminal: Terminal, { key, limit, json }: AuditFlags): Promise<void> {
  const { entries } = await withKeyward(terminal, (kw) =>
    kw.audit.list({ limit, ...(key !== undefined && { keyId: key }) }),
  );
  if (json === true) return terminal.out(JSON.stringify({ entries }, null, 2));
  if (entries.length === 0) return terminal.say("Nothing was done yet.");
  const headings = ["WHEN (UTC)", "WHAT", "KEY", "WHO", "FROM", "DETAILS"];
  terminal.out(
    table(
      headings.map((heading) => terminal.paint("dim", heading)),
      entries.map(({ at, action, keyId, actor, address, details }) => [
        formatTime(at),
        action,
        keyId,
        actor,
        address ?? "",
        Object.entries(details)
          .map(([name, value]) => `${name}: ${Array.isArray(value) ? value.join(" ") : String(value)}`)
          .join(", "),
      ]),
    ),
  );
}
