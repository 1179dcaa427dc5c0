import type { UsageBucket } from "./query.ts";
import { emptyTally, type UsageCounts, type UsageRow } from "./usage.ts";

/** Turns the rows of all tags together into those of requests without a tag: what the rows of tags leave. */
export function groupByTag(rows: readonly UsageRow[]): readonly UsageRow[] {
  const tagged = new Map<string, UsageRow[]>();
  for (const row of rows) {
    if (row.tag === null) continue;
    const known = tagged.get(groupOf(row));
    if (known === undefined) tagged.set(groupOf(row), [row]);
    else known.push(row);
  }
  return rows.flatMap((row) => {
    if (row.tag !== null) return [row];
    const rest = subtract(row, tagged.get(groupOf(row)) ?? []);
    return rest.admitted === 0 && rest.cost === 0 && rest.refused === 0 ? [] : [{ ...row, ...rest }];
  });
}

function groupOf({ start, ownerId, keyId }: UsageRow): string {
  return `${start}\0${ownerId ?? ""}\0${keyId ?? ""}`;
}

function subtract(all: UsageCounts, parts: readonly UsageCounts[]): UsageCounts {
  const sum = (count: (each: UsageCounts) => number) =>
    count(all) - parts.reduce((total, part) => total + count(part), 0);
  const rest = (name: "refusedBy" | "refusedWith") =>
    Object.fromEntries(
      Object.keys(all[name])
        .map((key): [string, number] => [
          key,
          sum((each) => (each[name] as Record<string, number>)[key] ?? 0),
        ])
        .filter(([, count]) => count > 0),
    );
  return {
    admitted: sum(({ admitted }) => admitted),
    cost: sum(({ cost }) => cost),
    refused: sum(({ refused }) => refused),
    refusedBy: rest("refusedBy"),
    refusedWith: rest("refusedWith"),
    observed: sum(({ observed }) => observed),
    busiestSecond: parts.length === 0 ? all.busiestSecond : 0,
  };
}

/** A bucket for each policy that refused requests. */
export function groupByPolicy(buckets: readonly UsageBucket[]): readonly UsageBucket[] {
  return buckets.flatMap(({ start, ownerId, keyId, tag, refusedBy }) =>
    Object.entries(refusedBy).map(([policy, refused]) => ({
      start,
      ...(ownerId !== undefined && { ownerId }),
      ...(keyId !== undefined && { keyId }),
      ...(tag !== undefined && { tag }),
      policy,
      ...emptyTally(),
      refused,
      refusedBy: { [policy]: refused },
    })),
  );
}
