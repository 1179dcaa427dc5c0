import type { UsageDimension } from "@keyward/core";
import type { UsageRow, UsageSelection } from "@keyward/core/store";
import { sql, type Kysely, type RawBuilder } from "kysely";
import type { Schema } from "./schema.ts";
import { tableIn, type TableLocation } from "./table-location.ts";
import { DIMENSIONS, SUMS, USAGE_TABLES, type UsageTableName } from "./usage.ts";

const UNIT_MS = { minute: 60_000, hour: 3_600_000 } as const;

const COLUMNS: Readonly<Record<UsageDimension, (typeof DIMENSIONS)[number]>> = {
  owner: "owner_id",
  key: "line_id",
  tag: "tag",
};

/** A period and the columns that a query groups by. The others are empty. */
interface GroupRow {
  readonly start: number;
  readonly owner_id: string;
  readonly line_id: string;
  readonly tag: string;
}

type CountsRow = GroupRow & Readonly<Record<(typeof SUMS)[number] | "busiest_second", number>>;

type RefusalsRow = GroupRow & {
  readonly kind: "policy" | "code";
  readonly name: string;
  readonly refused: number;
};

/** The periods with any use, oldest first. */
export async function queryUsage(
  db: Kysely<Schema>,
  selection: UsageSelection,
  location: TableLocation,
): Promise<readonly UsageRow[]> {
  const tables = USAGE_TABLES.filter(({ unit }) => unit === selection.unit);
  const [usage, refusal] = tables as [UsageTableName, UsageTableName];
  const sums = SUMS.map((each) => sql`cast(sum(${sql.id("u", each)}) as bigint) as ${sql.id(each)}`);
  const counts = await read<CountsRow>(usage, [...sums, sql`max(u.busiest_second) as busiest_second`]);
  const total = sql`cast(sum(u.refused) as bigint) as refused`;
  const refusals = counts.some(({ refused }) => refused !== 0)
    ? await read<RefusalsRow>(refusal, [total])
    : [];
  const byGroup = new Map<string, RefusalsRow[]>();
  for (const row of refusals) {
    const known = byGroup.get(groupOf(row));
    if (known === undefined) byGroup.set(groupOf(row), [row]);
    else known.push(row);
  }
  return counts.map((row) => toUsageRow(row, byGroup.get(groupOf(row)) ?? []));

  async function read<Row>(table: UsageTableName, totals: readonly RawBuilder<unknown>[]): Promise<Row[]> {
    const groups = [
      sql`${startOf(table, selection)} as start`,
      ...DIMENSIONS.map((column) => groupColumn(column, selection)),
      ...table.reasons.map((column) => sql.id("u", column)),
    ];
    // Databases would also sort by columns that are the same in all rows.
    const isGrouped = [
      selection.stepMs !== undefined,
      ...DIMENSIONS.map((column) => isGroup(column, selection)),
      ...table.reasons.map(() => true),
    ];
    const positions = isGrouped.flatMap((is, index) => (is ? [sql.lit(index + 1)] : []));
    const order = sql.join(positions.length === 0 ? [sql.lit(1)] : positions);
    const { rows } = await sql<Row>`
      ${rowsOf(table, selection, { groups: [...groups, ...totals], location })}
      group by ${order} order by ${order}`.execute(db);
    return rows;
  }
}

function startOf({ unit }: UsageTableName, { stepMs, from }: UsageSelection): RawBuilder<unknown> {
  if (stepMs === undefined) return sql`cast(${sql.lit(from)} as bigint)`;
  const time = sql.id("u", unit);
  return stepMs === UNIT_MS[unit] ? time : sql`${time} - ${time} % ${sql.lit(stepMs)}`;
}

function groupColumn(column: (typeof DIMENSIONS)[number], selection: UsageSelection): RawBuilder<unknown> {
  return isGroup(column, selection) ? sql.id("u", column) : sql`'' as ${sql.id(column)}`;
}

function isGroup(column: (typeof DIMENSIONS)[number], { by }: UsageSelection): boolean {
  return by.some((dimension) => COLUMNS[dimension] === column);
}

/** The owner or key line of rows, and their level: one row for each key line, or one for an owner. */
function conditionOf({ ownerId, keyId, lines, by }: UsageSelection): RawBuilder<unknown> {
  const conditions: RawBuilder<unknown>[] = [];
  if (lines !== undefined) conditions.push(sql`u.owner_id = lines.owner_id and u.line_id = lines.line_id`);
  if (ownerId !== undefined) conditions.push(sql`u.owner_id = ${ownerId ?? ""}`);
  if (keyId !== undefined) conditions.push(sql`u.line_id = ${keyId}`);
  else if (lines !== undefined) conditions.push(sql`u.line_id <> ''`);
  else if (by.includes("key") || ownerId === null) conditions.push(sql`u.line_id <> ''`);
  else if (ownerId !== undefined) conditions.push(sql`u.line_id = ''`);
  else conditions.push(sql`(u.owner_id = '') <> (u.line_id = '')`);
  if (!by.includes("tag")) conditions.push(sql`u.tag = ''`);
  return sql.join(conditions, sql` and `);
}

interface RowsOptions {
  readonly groups: readonly RawBuilder<unknown>[];
  readonly location: TableLocation;
}

/** The selected rows. Those of one owner or of key lines are looked up time by time, because the table is in the order of times. */
function rowsOf(
  { name, unit }: UsageTableName,
  selection: UsageSelection,
  { groups, location }: RowsOptions,
): RawBuilder<unknown> {
  const { from, to } = selection;
  const [table, time] = [tableIn(location, name), sql.id("u", unit)];
  const condition = conditionOf(selection);
  if (selection.ownerId === undefined && selection.lines === undefined) {
    return sql`select ${sql.join(groups)} from ${table} u where ${time} >= ${from} and ${time} < ${to} and ${condition}`;
  }
  const times = timesBetween(table, unit, selection, location);
  const { tables, joined } = linesOf(selection);
  return location.kind === "sqlite"
    ? sql`with ${times} ${tables} select ${sql.join(groups)} from times ${joined} cross join ${table} u
        where ${time} = times.at and ${time} >= ${from} and ${time} < ${to} and ${condition}`
    : // The offset keeps PostgreSQL from joining in another order.
      sql`with ${times} ${tables} select ${sql.join(groups)} from times ${joined} cross join lateral (
          select * from ${table} u where ${time} = times.at and ${condition} offset 0
        ) u`;
}

/** The key lines of a selection as a common table expression `lines (owner_id, line_id)`, and its join. */
function linesOf({ lines }: UsageSelection): Record<"tables" | "joined", RawBuilder<unknown>> {
  if (lines === undefined) return { tables: sql``, joined: sql`` };
  const rows = lines.map(({ ownerId, keyId }) => sql`(${ownerId ?? ""}, ${keyId})`);
  return {
    tables: sql`, lines (owner_id, line_id) as (values ${sql.join(rows)})`,
    joined: sql`cross join lines`,
  };
}

/** The times that a table can have in a range, as a common table expression `times (at)`. */
function timesBetween(
  table: RawBuilder<unknown>,
  unit: UsageTableName["unit"],
  { from, to }: UsageSelection,
  { kind }: TableLocation,
): RawBuilder<unknown> {
  const stepMs = UNIT_MS[unit];
  const [first, last] = [Math.ceil(from / stepMs) * stepMs, to - 1];
  const time = sql.id(unit);
  const [start, end] = [sql`(select min(${time}) from ${table})`, sql`(select max(${time}) from ${table})`];
  const step = sql.lit(stepMs);
  return kind === "sqlite"
    ? sql`recursive times (at) as (
        select max(${first}, ${start}) union all
        select at + ${step} from times where at + ${step} <= min(${last}, ${end})
      )`
    : // The greatest and the least of PostgreSQL skip null: an empty table would have all times there ever were.
      sql`times (at) as (
        select generate_series(greatest(${first}::bigint, ${start}), least(${last}::bigint, ${end}), ${step}::bigint)
        where exists (select from ${table})
      )`;
}

function groupOf({ start, owner_id, line_id, tag }: GroupRow): string {
  return `${start}\0${owner_id}\0${line_id}\0${tag}`;
}

function toUsageRow(row: CountsRow, refusals: readonly RefusalsRow[]): UsageRow {
  const refusedAs = (kind: RefusalsRow["kind"]) =>
    Object.fromEntries(
      refusals.filter((each) => each.kind === kind).map(({ name, refused }) => [name, refused]),
    );
  return {
    start: row.start,
    ownerId: row.owner_id === "" ? null : row.owner_id,
    keyId: row.line_id === "" ? null : row.line_id,
    tag: row.tag === "" ? null : row.tag,
    admitted: row.admitted,
    cost: row.cost,
    refused: row.refused,
    refusedBy: refusedAs("policy"),
    refusedWith: refusedAs("code"),
    observed: row.observed,
    busiestSecond: row.busiest_second,
  };
}
