import type { UsageBucket, UsageGroup } from "@keyward/core";
import { Option, type Command } from "commander";
import { parseDuration } from "../arguments.ts";
import { withKeyward } from "../deployment/open-keyward.ts";
import { styled } from "../terminal/line.ts";
import { table } from "../terminal/table.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { UNITS_MS } from "../time.ts";

interface UsageOptions {
  readonly per: "minute" | "hour" | "day";
  /** Milliseconds. */
  readonly since: number;
  readonly owner?: boolean;
  readonly by?: readonly UsageGroup[];
  readonly json?: boolean;
}

export function addUsage(program: Command, terminal: Terminal): void {
  program
    .command("usage <id>")
    .description("show the usage of a key or an owner")
    .addOption(new Option("--per <unit>", "unit of time").choices(["minute", "hour", "day"]).default("day"))
    .addOption(
      new Option("--since <duration>", "start of the report, counted back from now")
        .argParser(parseDuration)
        .default(7 * UNITS_MS.d, "7d"),
    )
    .option("--owner", "the id is an owner's; add up all of its keys")
    .addOption(new Option("--by <group...>", "group the usage").choices(["key", "tag", "policy"]))
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Examples:
  keyward usage key_0VJx9a2Lq7Rm4Tn1Zc8d --per hour --since 24h
  keyward usage acme --owner --by tag`,
    )
    .action((id: string, options: UsageOptions) => usage(terminal, id, options));
}

async function usage(
  terminal: Terminal,
  id: string,
  { per, since, owner, by, json }: UsageOptions,
): Promise<void> {
  const to = new Date();
  const from = new Date(to.getTime() - since);
  const subject = owner === true ? { ownerId: id } : { keyId: id };
  const rows = await withKeyward(terminal, ({ kw }) => kw.usage.query({ ...subject, from, to, per, by }));
  if (json === true) return terminal.printJson({ usage: rows });
  if (rows.length === 0) return terminal.note("No usage in this period.");
  const groups = by ?? [];
  const headings = [
    HEADINGS[per],
    ...groups.map((group) => group.toUpperCase()),
    "ADMITTED",
    "COST",
    "REFUSED",
    "REASONS",
  ];
  const lines = rows.map((row) => [
    row.start
      .toISOString()
      .slice(0, per === "day" ? 10 : 16)
      .replace("T", " "),
    ...groups.map((group) => nameOf(row, group)),
    String(row.admitted),
    String(row.cost),
    row.refused === 0 ? "0" : styled("yellow", String(row.refused)),
    reasonsOf(row),
  ]);
  terminal.print(...table(headings, lines));
}

const HEADINGS = { minute: "MINUTE (UTC)", hour: "HOUR (UTC)", day: "DAY (UTC)" } as const;

function nameOf({ ownerId, keyId, tag, policy }: UsageBucket, group: UsageGroup): string {
  return { owner: ownerId, key: keyId, tag, policy }[group] ?? "-";
}

/** The policies that refused requests, or would have. */
function reasonsOf({ refusedBy, observed }: UsageBucket): string {
  const counts = Object.entries(refusedBy).filter(([, times]) => times > 0);
  if (observed > 0) counts.push(["observed", observed]);
  return counts.map(([policy, times]) => `${policy} ${times}`).join(", ");
}
