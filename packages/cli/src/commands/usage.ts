import type { Command } from "commander";
import type { UsageRow } from "@keyward/core";
import { withKeyward } from "../settings.ts";
import { table } from "../table.ts";
import type { Terminal } from "../terminal.ts";
import { parseDuration } from "../times.ts";

interface UsageFlags {
  readonly per: "hour" | "day";
  readonly since: number;
  readonly owner?: boolean;
  readonly json?: boolean;
}

export function addUsage(program: Command, terminal: Terminal): void {
  program
    .command("usage <id>")
    .description("show what a key did: admitted, and refused by which limit")
    .option("--per <unit>", "hour or day", "day")
    .option("--since <duration>", "how far back", parseDuration, parseDuration("7d"))
    .option("--owner", "the id is an owner's: all keys of it together")
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      "\nExamples:\n  keyward usage key_0VJx9a2Lq7Rm4Tn1Zc8d --per hour --since 24h\n  keyward usage acme --owner",
    )
    .action((id: string, flags: UsageFlags) => usage(terminal, id, flags));
}

async function usage(terminal: Terminal, id: string, { per, since, owner, json }: UsageFlags): Promise<void> {
  const to = new Date();
  const from = new Date(to.getTime() - since);
  const whose = owner === true ? { ownerId: id } : { keyId: id };
  const rows = await withKeyward(terminal, (kw) => kw.usage.query({ ...whose, from, to, per }));
  if (json === true) return terminal.out(JSON.stringify({ usage: rows }, null, 2));
  if (rows.length === 0) return terminal.say("No use in that time.");
  const headings = [per === "day" ? "DAY (UTC)" : "HOUR (UTC)", "ADMITTED", "COST", "REFUSED", "FOR"];
  terminal.out(
    table(
      headings.map((heading) => terminal.paint("dim", heading)),
      rows.map((row) => [
        row.start
          .toISOString()
          .slice(0, per === "day" ? 10 : 16)
          .replace("T", " "),
        String(row.admitted),
        String(row.cost),
        row.refused === 0 ? "0" : terminal.paint("yellow", String(row.refused)),
        reasons(row),
      ]),
    ),
  );
}

function reasons({ refusedBy, observed }: UsageRow): string {
  const parts = Object.entries(refusedBy).filter(([, times]) => times > 0);
  if (observed > 0) parts.push(["observed", observed]);
  return parts.map(([policy, times]) => `${policy} ${times}`).join(", ");
}
