import type { LastUse, UsageBatch, UsageCount, UsageHour, UsageSelection } from "@keyward/core";
import { sql, type Kysely, type RawBuilder, type Transaction } from "kysely";
import { toUsageHour } from "./rows.ts";
import { rowsOf } from "./rows-of.ts";
import type { Schema, UsageHourRow } from "./schema.ts";
import { tableIn, type TableLocation } from "./table-location.ts";

const HOUR_MS = 3_600_000;

/** How far a last use has to move to be written: a busy key would be written with each batch. */
const LAST_USE_STEP_MS = 30_000;

const SUMS = ["admitted", "cost", "refused", "observed"] as const;

/**
 * Adds usage by hour and last uses.
 *
 * Rows are locked in one order everywhere, so that no two processes wait for each other. The rows of owners, which many
 * share, come last, so that they are locked only briefly.
 */
export async function addUsage(
  trx: Transaction<Schema>,
  { usage, lastUses }: UsageBatch,
  location: TableLocation,
): Promise<void> {
  if (lastUses.length > 0) await moveLastUses(trx, lastUses, location);
  if (usage.length > 0) await addHours(trx, usage, location);
  const refusals = usage.flatMap(({ keyId, hour, refusedBy }) =>
    Object.entries(refusedBy).map(([policy, refused]) => [keyId, hour, policy, refused] as const),
  );
  if (refusals.length > 0) await addRefusals(trx, refusals, location);
}

/** The hours of a key, or of an owner, oldest first. */
export async function queryUsage(
  db: Kysely<Schema>,
  { from, to, ...subject }: UsageSelection,
  location: TableLocation,
): Promise<readonly UsageHour[]> {
  const [usage, refusal, column, id] =
    "keyId" in subject
      ? (["keyward_usage", "keyward_refusal", "key_id", subject.keyId] as const)
      : (["keyward_owner_usage", "keyward_owner_refusal", "owner_id", subject.ownerId] as const);
  const hours = await readHours<UsageHourRow>(db, { table: usage, columns: ["hour", ...SUMS] });
  const refusals = await readHours<{ hour: number; policy: string; refused: number }>(db, {
    table: refusal,
    columns: ["hour", "policy", "refused"],
  });
  const refusedBy = new Map<number, Record<string, number>>();
  for (const { hour, policy, refused } of refusals) {
    const known = refusedBy.get(hour) ?? {};
    refusedBy.set(hour, known);
    known[policy] = refused;
  }
  return hours.map((row) => toUsageHour(row, refusedBy.get(row.hour) ?? {}));

  async function readHours<Row>(
    reading: Kysely<Schema>,
    { table: name, columns }: { readonly table: keyof Schema; readonly columns: readonly string[] },
  ): Promise<readonly Row[]> {
    const table = tableIn(location, name);
    // The table is in the order of hours: those that it can have are looked up one by one. PostgreSQL would read all rows
    // of these hours instead, as long as it has no statistics of the table, if it were free to move the look-up.
    const lookUp = sql`
      ${table} u where u.hour = hours.hour and ${sql.id("u", column)} = ${id} and u.hour >= ${from} and u.hour < ${to}`;
    const { rows } = await sql<Row>`
      with ${hoursBetween(table, from, to, location)}
      select ${sql.join(columns.map((each) => sql.id("u", each)))}
      from hours cross join ${location.kind === "sqlite" ? lookUp : sql`lateral (select * from ${lookUp} offset 0) u`}
      order by u.hour`.execute(reading);
    return rows;
  }
}

/** The tables of usage, and the column that follows the hour in their order. */
export const USAGE_TABLES = [
  ["keyward_usage", "key_id"],
  ["keyward_owner_usage", "owner_id"],
  ["keyward_refusal", "key_id"],
  ["keyward_owner_refusal", "owner_id"],
] as const;

/** Drops rows of hours before a time: so many at most, the oldest first. Returns whether more are left. */
export async function dropHours(
  trx: Transaction<Schema>,
  [name, column]: (typeof USAGE_TABLES)[number],
  { before, limit }: { readonly before: number; readonly limit: number },
  location: TableLocation,
): Promise<boolean> {
  const [table, id] = [tableIn(location, name), sql.id(column)];
  const { rows } = await sql<{ hour: number; id: string }>`
    select hour, ${id} as id from ${table} where hour < ${before}
    order by hour, ${id} limit 1 offset ${limit}`.execute(trx);
  const [next] = rows;
  await (
    next === undefined
      ? sql`delete from ${table} where hour < ${before}`
      : sql`delete from ${table} where (hour, ${id}) < (${next.hour}, ${next.id})`
  ).execute(trx);
  return next !== undefined;
}

async function addHours(
  trx: Transaction<Schema>,
  usage: readonly UsageCount[],
  location: TableLocation,
): Promise<void> {
  const columns = { key_id: "text", hour: "bigint", ...bigints(SUMS) } as const;
  const added = rowsOf(
    location,
    columns,
    usage.map((count) => [
      count.keyId,
      count.hour,
      count.admitted,
      count.cost,
      count.refused,
      count.observed,
    ]),
  );
  const sums = sql.join(SUMS.map((each) => sql.id(each)));
  const usageTable = tableIn(location, "keyward_usage");
  await sql`
    insert into ${usageTable} (hour, key_id, ${sums})
    select hour, key_id, ${sums} from (${added}) added where true order by hour, key_id
    on conflict (hour, key_id) do update set ${addSums("keyward_usage")}`.execute(trx);
  await sql`
    insert into ${tableIn(location, "keyward_owner_usage")} (hour, owner_id, ${sums})
    select hour, k.owner_id, ${sql.join(SUMS.map((each) => sql`sum(${sql.id(each)})`))}
    from (${added}) added join ${tableIn(location, "keyward_key")} k on k.id = added.key_id where k.owner_id is not null
    group by hour, k.owner_id order by hour, k.owner_id
    on conflict (hour, owner_id) do update set ${addSums("keyward_owner_usage")}`.execute(trx);
}

async function addRefusals(
  trx: Transaction<Schema>,
  refusals: readonly (readonly [string, number, string, number])[],
  location: TableLocation,
): Promise<void> {
  const columns = { key_id: "text", hour: "bigint", policy: "text", refused: "bigint" } as const;
  const added = rowsOf(location, columns, refusals);
  await sql`
    insert into ${tableIn(location, "keyward_refusal")} (hour, key_id, policy, refused)
    select hour, key_id, policy, refused from (${added}) added where true order by hour, key_id, policy
    on conflict (hour, key_id, policy) do update set refused = keyward_refusal.refused + excluded.refused`.execute(
    trx,
  );
  await sql`
    insert into ${tableIn(location, "keyward_owner_refusal")} (hour, owner_id, policy, refused)
    select hour, k.owner_id, policy, sum(refused)
    from (${added}) added join ${tableIn(location, "keyward_key")} k on k.id = added.key_id where k.owner_id is not null
    group by hour, k.owner_id, policy order by hour, k.owner_id, policy
    on conflict (hour, owner_id, policy)
    do update set refused = keyward_owner_refusal.refused + excluded.refused`.execute(trx);
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

/** `admitted = keyward_usage.admitted + excluded.admitted, …` */
function addSums(table: string): RawBuilder<unknown> {
  return sql.join(
    SUMS.map((each) => sql`${sql.id(each)} = ${sql.id(table, each)} + ${sql.id("excluded", each)}`),
  );
}

function bigints<Name extends string>(names: readonly Name[]): Record<Name, "bigint"> {
  return Object.fromEntries(names.map((name) => [name, "bigint"])) as Record<Name, "bigint">;
}

/** The hours that a table can have in a range of time, as a common table expression `hours (hour)`. */
function hoursBetween(
  table: RawBuilder<unknown>,
  from: number,
  to: number,
  { kind }: TableLocation,
): RawBuilder<unknown> {
  const [first, last] = [Math.ceil(from / HOUR_MS) * HOUR_MS, to - 1];
  const [start, end] = [sql`(select min(hour) from ${table})`, sql`(select max(hour) from ${table})`];
  const step = sql.lit(HOUR_MS);
  return kind === "sqlite"
    ? sql`recursive hours (hour) as (
        select max(${first}, ${start}) union all
        select hour + ${step} from hours where hour + ${step} <= min(${last}, ${end})
      )`
    : sql`hours (hour) as (
        select generate_series(greatest(${first}::bigint, ${start}), least(${last}::bigint, ${end}), ${step}::bigint)
      )`;
}
