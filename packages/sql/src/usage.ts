import type { DailyCount, LastUse, UsageBatch, UsageHour, UsageQuery } from "@keyward/core";
import { sql, type Kysely, type Transaction } from "kysely";
import { keysOfOwner } from "./list-keys.ts";
import { toUsageHour, toUsageRow } from "./rows.ts";
import { tableIn, type Schema } from "./schema.ts";

/** Rows a statement carries: well below what it may bind. */
const ROWS_A_STATEMENT = 100;

/** Adds what was gathered: usage by hour, the counts of days, and last uses. */
export async function addUsage(
  trx: Transaction<Schema>,
  { usage, lastUses, daily }: UsageBatch,
  schema?: string,
): Promise<void> {
  // In one order everywhere, so that no two that write at the same time wait for each other.
  const hours = usage.map(toUsageRow).toSorted((a, b) => compare(a.key_id, b.key_id) || a.hour - b.hour);
  const days = daily.toSorted((a, b) => a.day - b.day || compare(a.subject, b.subject));
  const uses = lastUses.toSorted((a, b) => compare(a.keyId, b.keyId));
  for (const rows of inChunks(hours)) await addHours(trx, rows);
  for (const counts of inChunks(days)) await addDays(trx, counts);
  for (const chunk of inChunks(uses)) await moveLastUse(trx, chunk, schema);
}

/** The hours of a key, or of all keys of an owner together, oldest first. */
export async function queryUsage(
  db: Kysely<Schema>,
  { from, to, ...whose }: UsageQuery,
): Promise<readonly UsageHour[]> {
  const query = db.selectFrom("keyward_usage").where("hour", ">=", from).where("hour", "<", to);
  if ("keyId" in whose) {
    const rows = query.selectAll().where("key_id", "=", whose.keyId).orderBy("hour");
    return (await rows.execute()).map(toUsageHour);
  }
  const rows = query
    .select("hour")
    .select((eb) => SUMMED.map((column) => eb.cast<number>(eb.fn.sum(column), "bigint").as(column)))
    .where("key_id", "in", keysOfOwner(db, whose.ownerId))
    .groupBy("hour")
    .orderBy("hour");
  return (await rows.execute()).map(toUsageHour);
}

/** The counts of a day, for a limiter that starts. Drops those that no clock can ask for again. */
export async function readDaily(trx: Transaction<Schema>, day: number): Promise<readonly DailyCount[]> {
  await trx
    .deleteFrom("keyward_daily")
    .where("day", "<", day - 1)
    .execute();
  const rows = await trx.selectFrom("keyward_daily").selectAll().where("day", "=", day).execute();
  return rows.map(({ subject, used }) => ({ subject, day, used }));
}

/** The columns of an hour that are summed. */
const SUMMED = [
  "admitted",
  "cost",
  "refused",
  "refused_sustained",
  "refused_burst",
  "refused_daily",
  "observed",
] as const satisfies readonly (keyof Schema["keyward_usage"])[];

async function addHours(trx: Transaction<Schema>, rows: Schema["keyward_usage"][]): Promise<void> {
  await trx
    .insertInto("keyward_usage")
    .values(rows)
    .onConflict((conflict) =>
      conflict
        .columns(["key_id", "hour"])
        .doUpdateSet(({ ref, eb }) =>
          Object.fromEntries(
            SUMMED.map((column) => [
              column,
              eb(ref(`keyward_usage.${column}`), "+", ref(`excluded.${column}`)),
            ]),
          ),
        ),
    )
    .execute();
}

async function addDays(trx: Transaction<Schema>, counts: Schema["keyward_daily"][]): Promise<void> {
  await trx
    .insertInto("keyward_daily")
    .values(counts)
    .onConflict((conflict) =>
      conflict
        .columns(["day", "subject"])
        .doUpdateSet(({ ref, eb }) => ({ used: eb(ref("keyward_daily.used"), "+", ref("excluded.used")) })),
    )
    .execute();
}

/** How far a last use has to move to be written: a busy key would be written with each batch. */
const LAST_USE_STEP_MS = 30_000;

async function moveLastUse(
  trx: Transaction<Schema>,
  uses: readonly LastUse[],
  schema: string | undefined,
): Promise<void> {
  const rows = uses.map(({ keyId, at, address }) => sql`(${keyId}, cast(${at} as bigint), ${address})`);
  await sql`
    with used (key_id, at, address) as (values ${sql.join(rows)})
    update ${tableIn(schema, "keyward_key")} set last_used_at = used.at, last_used_address = used.address from used
    where keyward_key.id = used.key_id
      and (last_used_at is null or last_used_at <= used.at - ${sql.lit(LAST_USE_STEP_MS)})`.execute(trx);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function inChunks<T>(rows: readonly T[]): T[][] {
  const chunks: T[][] = [];
  for (let start = 0; start < rows.length; start += ROWS_A_STATEMENT) {
    chunks.push(rows.slice(start, start + ROWS_A_STATEMENT));
  }
  return chunks;
}
