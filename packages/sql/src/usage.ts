import type { LastUse, UsageBatch, UsageCount } from "@keyward/core/store";
import { sql, type Transaction } from "kysely";
import { addNetworks } from "./networks.ts";
import { rowsOf } from "./rows-of.ts";
import type { Schema } from "./schema.ts";
import { tableIn, type TableLocation } from "./table-location.ts";

const HOUR_MS = 3_600_000;

/** Smallest change of a last use that is written. Otherwise each batch would write a busy key. */
const LAST_USE_STEP_MS = 30_000;

/** The columns of usage that are added up. */
export const SUMS = ["admitted", "cost", "refused", "observed"] as const;

/** The columns that say whose usage a row has, in the order of the primary keys. */
export const DIMENSIONS = ["owner_id", "line_id", "tag"] as const;

/** A table of usage or of refused requests, whose rows are of one unit of time. */
export interface UsageTableName {
  readonly name: "keyward_usage" | "keyward_minute_usage" | "keyward_refusal" | "keyward_minute_refusal";
  readonly unit: "hour" | "minute";
  /** The columns that follow the dimensions in the primary key. */
  readonly reasons: readonly string[];
}

const REASONS = ["kind", "name"] as const;

/** The tables of usage. */
export const USAGE_TABLES: readonly UsageTableName[] = [
  { name: "keyward_usage", unit: "hour", reasons: [] },
  { name: "keyward_minute_usage", unit: "minute", reasons: [] },
  { name: "keyward_refusal", unit: "hour", reasons: REASONS },
  { name: "keyward_minute_refusal", unit: "minute", reasons: REASONS },
];

/**
 * Adds usage by minute and by hour, and last uses.
 *
 * Rows are locked in one order everywhere, so that no two processes wait for each other.
 */
export async function addUsage(
  trx: Transaction<Schema>,
  { usage, lastUses }: UsageBatch,
  location: TableLocation,
): Promise<void> {
  if (lastUses.length > 0) await moveLastUses(trx, lastUses, location);
  await addNetworks(trx, lastUses, location);
  if (usage.length === 0) return;
  const refusals = refusalsOf(usage);
  for (const table of USAGE_TABLES) {
    if (table.reasons.length === 0) await addCounts(trx, table, usage, location);
    else if (refusals.length > 0) await addRefusals(trx, table, refusals, location);
  }
}

/** Drops rows of before a time: so many at most, the oldest first. Returns whether more are left. */
export async function dropUsage(
  trx: Transaction<Schema>,
  { name, unit, reasons }: UsageTableName,
  { before, limit }: { readonly before: number; readonly limit: number },
  location: TableLocation,
): Promise<boolean> {
  const [table, time] = [tableIn(location, name), sql.id(unit)];
  const order = sql.join([unit, ...DIMENSIONS, ...reasons].map((each) => sql.id(each)));
  const { rows } = await sql<Record<string, string | number>>`
    select ${order} from ${table} where ${time} < ${before}
    order by ${order} limit 1 offset ${limit}`.execute(trx);
  const [next] = rows;
  await (
    next === undefined
      ? sql`delete from ${table} where ${time} < ${before}`
      : sql`delete from ${table} where (${order}) < (${sql.join(Object.values(next))})`
  ).execute(trx);
  return next !== undefined;
}

type RefusalRow = readonly [number, string, string, string, string, string, number];

function refusalsOf(usage: readonly UsageCount[]): readonly RefusalRow[] {
  return usage.flatMap(({ minute, ownerId, keyId, tag, refusedBy, refusedWith }) => {
    const dimensions = [minute, ownerId ?? "", keyId ?? "", tag ?? ""] as const;
    return [
      ...Object.entries(refusedBy).map(
        ([name, refused]) => [...dimensions, "policy", name, refused] as const,
      ),
      ...Object.entries(refusedWith).map(
        ([name, refused]) => [...dimensions, "code", name, refused] as const,
      ),
    ];
  });
}

async function addCounts(
  trx: Transaction<Schema>,
  { name, unit }: UsageTableName,
  usage: readonly UsageCount[],
  location: TableLocation,
): Promise<void> {
  const columns = {
    minute: "bigint",
    ...DIMENSION_TYPES,
    admitted: "bigint",
    cost: "bigint",
    refused: "bigint",
    observed: "bigint",
    busiest_second: "bigint",
  } as const;
  const rows = rowsOf(
    location,
    columns,
    usage.map((count) => [
      count.minute,
      count.ownerId ?? "",
      count.keyId ?? "",
      count.tag ?? "",
      count.admitted,
      count.cost,
      count.refused,
      count.observed,
      count.busiestSecond,
    ]),
  );
  const [table, time] = [tableIn(location, name), sql.id(unit)];
  const dimensions = idsOf(DIMENSIONS);
  const greatest = location.kind === "sqlite" ? sql`max` : sql`greatest`;
  await sql`
    insert into ${table} (${time}, ${dimensions}, ${idsOf(SUMS)}, busiest_second)
    select ${startOf(unit)}, ${dimensions}, ${sql.join(SUMS.map((each) => sql`sum(${sql.id(each)})`))}, max(busiest_second)
    from (${rows}) added where true group by 1, ${dimensions} order by 1, ${dimensions}
    on conflict (${time}, ${dimensions}) do update set
      ${sql.join(SUMS.map((each) => sql`${sql.id(each)} = ${sql.id(name, each)} + ${sql.id("excluded", each)}`))},
      busiest_second = ${greatest}(${sql.id(name, "busiest_second")}, excluded.busiest_second)`.execute(trx);
}

async function addRefusals(
  trx: Transaction<Schema>,
  { name, unit }: UsageTableName,
  refusals: readonly RefusalRow[],
  location: TableLocation,
): Promise<void> {
  const columns = {
    minute: "bigint",
    ...DIMENSION_TYPES,
    kind: "text",
    name: "text",
    refused: "bigint",
  } as const;
  const key = idsOf([...DIMENSIONS, ...REASONS]);
  const time = sql.id(unit);
  await sql`
    insert into ${tableIn(location, name)} (${time}, ${key}, refused)
    select ${startOf(unit)}, ${key}, sum(refused) from (${rowsOf(location, columns, refusals)}) added
    where true group by 1, ${key} order by 1, ${key}
    on conflict (${time}, ${key}) do update set refused = ${sql.id(name, "refused")} + excluded.refused`.execute(
    trx,
  );
}

const DIMENSION_TYPES = { owner_id: "text", line_id: "text", tag: "text" } as const;

/** The time of a row, from its minute. */
function startOf(unit: UsageTableName["unit"]) {
  return unit === "minute" ? sql`minute` : sql`minute - minute % ${sql.lit(HOUR_MS)}`;
}

function idsOf(names: readonly string[]) {
  return sql.join(names.map((each) => sql.id(each)));
}

/** Writes only the last uses that moved: the rows that did not are neither locked nor written. */
async function moveLastUses(
  trx: Transaction<Schema>,
  uses: readonly LastUse[],
  location: TableLocation,
): Promise<void> {
  const columns = { key_id: "text", at: "bigint", address: "text" } as const;
  const used = rowsOf(
    location,
    columns,
    uses.map(({ keyId, at, address }) => [keyId, at, address]),
  );
  const table = tableIn(location, "keyward_last_use");
  await sql`
    insert into ${table} (key_id, at, address)
    select used.key_id, used.at, used.address
    from (${used}) used join ${table} u on u.key_id = used.key_id
    where u.at <= used.at - ${sql.lit(LAST_USE_STEP_MS)} order by used.key_id
    on conflict (key_id) do update set at = excluded.at, address = excluded.address
    where keyward_last_use.at < excluded.at`.execute(trx);
}
