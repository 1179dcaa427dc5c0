import type { QuotaName } from "@keyward/core";
import type { PeriodCount } from "@keyward/core/store";
import { sql, type Kysely, type Transaction } from "kysely";
import { rowsOf } from "./rows-of.ts";
import type { Schema } from "./schema.ts";
import { tableIn, type TableLocation } from "./table-location.ts";

/** Adds to the counts of calendar periods. Rows are locked in one order everywhere, so that no two processes wait for each other. */
export async function addCounts(
  trx: Transaction<Schema>,
  counts: readonly PeriodCount[],
  location: TableLocation,
): Promise<void> {
  const columns = {
    subject: "text",
    quota: "text",
    period_start: "bigint",
    period_end: "bigint",
    used: "bigint",
  } as const;
  const added = rowsOf(
    location,
    columns,
    counts.map(({ subject, period, used }) => [subject, period.quota, period.startMs, period.endMs, used]),
  );
  await sql`
    insert into ${tableIn(location, "keyward_count")} (subject, quota, period_start, period_end, used)
    select subject, quota, period_start, period_end, used from (${added}) added where true
    order by subject, quota, period_start
    on conflict (subject, quota, period_start) do update set used = keyward_count.used + excluded.used`.execute(
    trx,
  );
}

/** The counts of subjects in periods that have not ended. */
export async function readCounts(
  db: Kysely<Schema>,
  subjects: readonly string[],
  now: number,
  location: TableLocation,
): Promise<readonly PeriodCount[]> {
  const wanted = rowsOf(
    location,
    { subject: "text" },
    subjects.map((subject) => [subject]),
  );
  const { rows } = await sql<Schema["keyward_count"]>`
    select c.* from (${wanted}) wanted join ${tableIn(location, "keyward_count")} c on c.subject = wanted.subject
    where c.period_end > ${now}`.execute(db);
  return rows.map(({ subject, quota, period_start, period_end, used }) => ({
    subject,
    period: { quota: quota as QuotaName, startMs: period_start, endMs: period_end },
    used,
  }));
}

/** Drops counts of periods that ended before a time: so many at most. Returns whether more are left. */
export async function dropCounts(
  trx: Transaction<Schema>,
  { endedBefore, limit }: { readonly endedBefore: number; readonly limit: number },
  location: TableLocation,
): Promise<boolean> {
  const table = tableIn(location, "keyward_count");
  const { rows } = await sql<{ subject: string; quota: string; period_start: number }>`
    select subject, quota, period_start from ${table} where period_end < ${endedBefore} limit ${limit}`.execute(
    trx,
  );
  if (rows.length === 0) return false;
  const columns = { subject: "text", quota: "text", period_start: "bigint" } as const;
  const ended = rowsOf(
    location,
    columns,
    rows.map(({ subject, quota, period_start }) => [subject, quota, period_start]),
  );
  await sql`delete from ${table} where (subject, quota, period_start) in (${ended})`.execute(trx);
  return rows.length === limit;
}
