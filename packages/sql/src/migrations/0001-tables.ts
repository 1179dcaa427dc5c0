import { qualify, type TableLocation } from "../table-location.ts";
import { createAuditTables } from "./audit-tables.ts";

/** The channel on which PostgreSQL announces changed keys and owners. */
export const CHANNEL = "keyward_changed";

/** Owners, keys, the audit log, usage by minute and by hour, the counts of calendar periods, and sessions. */
export function createTables(location: TableLocation): readonly string[] {
  const isPostgres = location.kind === "postgres";
  const table = (name: string) => qualify(location, name);
  // Compared byte by byte, whatever language the database is set to, as SQLite does.
  const text = isPostgres ? 'text collate "C"' : "text";
  // Rows that are found by their primary key alone are stored in its order; PostgreSQL has no such tables.
  const inKeyOrder = isPostgres ? "" : " without rowid";
  const settings = `plan ${text},
  limits ${text},
  limits_until bigint,
  allowed_addresses ${text},
  paused_at bigint,
  paused_until bigint,
  pause_reason ${text},
  paused_by ${text},
  created_at bigint not null,
  metadata ${text} not null,
  revision integer not null default 1`;
  // Rows of all keys of an owner together have no line, and those of all tags together no tag: '' in both.
  const dimensions = `owner_id ${text} not null,
  line_id ${text} not null,
  tag ${text} not null`;
  // By time first: what is too old lies together, and what is written now too.
  const usageIn = (unit: string) => `(
  ${unit} bigint not null,
  ${dimensions},
  admitted bigint not null,
  cost bigint not null,
  refused bigint not null,
  observed bigint not null,
  busiest_second bigint not null,
  primary key (${unit}, owner_id, line_id, tag)
)${inKeyOrder}`;
  const refusalsIn = (unit: string) => `(
  ${unit} bigint not null,
  ${dimensions},
  kind ${text} not null,
  name ${text} not null,
  refused bigint not null,
  primary key (${unit}, owner_id, line_id, tag, kind, name)
)${inKeyOrder}`;
  return [
    `create table ${table("keyward_owner")} (
  id ${text} not null primary key,
  name ${text},
  ${settings}
)${inKeyOrder}`,
    `create table ${table("keyward_key")} (
  ${isPostgres ? "" : "seq integer primary key,\n  "}id ${text} not null ${isPostgres ? "primary key" : "unique"},
  lineage_id ${text} not null,
  digest ${text} not null unique,
  masked ${text} not null,
  name ${text} not null,
  environment ${text} not null,
  owner_id ${text},
  scopes ${text} not null,
  ${settings},
  expires_at bigint,
  revoked_at bigint,
  rotated_to ${text},
  idempotency_key ${text} unique
)`,
    `create index keyward_key_by_owner on ${table("keyward_key")} (owner_id, id)`,
    `create index keyward_key_by_line on ${table("keyward_key")} (lineage_id, id)`,
    `create index keyward_key_by_name on ${table("keyward_key")} (lower(name), id)`,
    `create index keyward_key_by_plan on ${table("keyward_key")} (plan, id)`,
    `create index keyward_key_revoked on ${table("keyward_key")} (id) where revoked_at is not null`,
    `create index keyward_key_paused on ${table("keyward_key")} (id) where paused_at is not null`,
    `create index keyward_key_expiring on ${table("keyward_key")} (expires_at) where expires_at is not null`,
    `create table ${table("keyward_last_use")} (
  key_id ${text} not null primary key,
  at bigint not null default 0,
  address ${text}
)${inKeyOrder}`,
    `create index keyward_last_use_by_time on ${table("keyward_last_use")} (at, key_id)`,
    `create table ${table("keyward_network")} (
  key_id ${text} not null,
  network ${text} not null,
  last_used_at bigint not null,
  primary key (key_id, network)
)${inKeyOrder}`,
    `create index keyward_network_by_time on ${table("keyward_network")} (last_used_at)`,
    `create table ${table("keyward_usage")} ${usageIn("hour")}`,
    `create table ${table("keyward_minute_usage")} ${usageIn("minute")}`,
    `create table ${table("keyward_refusal")} ${refusalsIn("hour")}`,
    `create table ${table("keyward_minute_refusal")} ${refusalsIn("minute")}`,
    // The unique slots are the limit on how many tags there are.
    `create table ${table("keyward_tag")} (
  owner_id ${text} not null,
  line_id ${text} not null,
  slot integer not null,
  tag ${text} not null,
  claimed_at bigint not null,
  primary key (owner_id, line_id, slot),
  unique (owner_id, line_id, tag)
)${inKeyOrder}`,
    `create table ${table("keyward_count")} (
  subject ${text} not null,
  quota ${text} not null,
  period_start bigint not null,
  period_end bigint not null,
  used bigint not null,
  primary key (subject, quota, period_start)
)${inKeyOrder}`,
    `create index keyward_count_by_end on ${table("keyward_count")} (period_end)`,
    `create table ${table("keyward_secret")} (
  value ${text} not null primary key
)`,
    `create table ${table("keyward_session")} (
  id ${text} not null primary key,
  digest ${text} not null unique,
  actor ${text} not null,
  credential ${text},
  address ${text},
  user_agent ${text},
  signed_in_at bigint not null,
  last_seen_at bigint not null,
  idle_ends_at bigint not null,
  ends_at bigint not null
)${inKeyOrder}`,
    `create table ${table("keyward_claim")} (
  name ${text} not null primary key,
  until bigint not null
)${inKeyOrder}`,
    `create index keyward_claim_by_end on ${table("keyward_claim")} (until)`,
    // A row that is written to find out whether the store can be.
    `create table ${table("keyward_probe")} (
  id integer not null primary key,
  at bigint not null
)`,
    `insert into ${table("keyward_probe")} (id, at) values (1, 0)`,
    ...(isPostgres ? [refuseIn(table("keyward_refuse"))] : []),
    ...createAuditTables(location),
    ...(isPostgres ? postgresOnly(table) : SQLITE_ONLY),
  ];
}

/** The beginning of a condition in SQLite: there is a revoked key that a row would replace. */
function revokedKeyLike(row: string): string {
  const columns = ["id", "digest", "seq", "idempotency_key"];
  const isSame = columns.map((column) => `${column} = ${row}.${column}`).join(" or ");
  return `exists (select 1 from keyward_key where revoked_at is not null and (${isSame})`;
}

/**
 * The index for searching, and the changes that the database itself refuses: reviving or deleting a revoked key.
 * `insert or replace` and `update or replace` delete the row in the way without a trigger, so that inserting and updating
 * must look for it.
 */
const SQLITE_ONLY = [
  `create virtual table keyward_key_search using fts5 (
  name, owner_id, masked, content = 'keyward_key', content_rowid = 'seq', tokenize = 'trigram', detail = 'none'
)`,
  `create trigger keyward_key_search_insert after insert on keyward_key
  begin
    insert into keyward_key_search (rowid, name, owner_id, masked)
    values (new.seq, new.name, new.owner_id, new.masked);
  end`,
  `create trigger keyward_key_search_update after update of name, owner_id, masked on keyward_key
  begin
    insert into keyward_key_search (keyward_key_search, rowid, name, owner_id, masked)
    values ('delete', old.seq, old.name, old.owner_id, old.masked);
    insert into keyward_key_search (rowid, name, owner_id, masked)
    values (new.seq, new.name, new.owner_id, new.masked);
  end`,
  `create trigger keyward_key_stays_revoked before update on keyward_key
  when (old.revoked_at is not null and (new.revoked_at is not old.revoked_at
      or new.id is not old.id or new.digest is not old.digest))
    or ${revokedKeyLike("new")} and seq is not old.seq)
  begin select raise(abort, 'a revoked key stays revoked'); end`,
  `create trigger keyward_key_revoked_no_delete before delete on keyward_key
  when old.revoked_at is not null
  begin select raise(abort, 'a revoked key stays revoked'); end`,
  `create trigger keyward_key_revoked_no_replace before insert on keyward_key
  when ${revokedKeyLike("new")})
  begin select raise(abort, 'a revoked key stays revoked'); end`,
];

/** A trigger function of PostgreSQL that refuses, with its argument as the message. */
function refuseIn(name: string): string {
  return `create function ${name}() returns trigger language plpgsql as
  $$ begin raise exception '%', tg_argv[0] using errcode = 'integrity_constraint_violation'; end $$`;
}

/**
 * The same for PostgreSQL, which also notifies listeners of changed keys when a change is committed: every change of a key
 * inserts an audit event. The index needs no extension, which many roles may not create.
 */
function postgresOnly(table: (name: string) => string): readonly string[] {
  return [
    `create function ${table("keyward_trigrams")}(variadic texts text[]) returns text[]
  language sql immutable parallel safe as $$
    select coalesce(array_agg(distinct substr(lower(t collate "C"), i, 3)), '{}')
    from unnest(texts) t, generate_series(1, length(t) - 2) i
  $$`,
    `create index keyward_key_search on ${table("keyward_key")}
  using gin (${table("keyward_trigrams")}(name, owner_id, masked)) with (fastupdate = off)`,
    `create trigger keyward_key_stays_revoked before update on ${table("keyward_key")} for each row
  when (old.revoked_at is not null and (new.revoked_at is distinct from old.revoked_at
    or new.id is distinct from old.id or new.digest is distinct from old.digest))
  execute function ${table("keyward_refuse")}('a revoked key stays revoked')`,
    `create trigger keyward_key_revoked_no_delete before delete on ${table("keyward_key")} for each row
  when (old.revoked_at is not null)
  execute function ${table("keyward_refuse")}('a revoked key stays revoked')`,
    `create trigger keyward_key_revoked_no_truncate before truncate on ${table("keyward_key")}
  for each statement execute function ${table("keyward_refuse")}('a revoked key stays revoked')`,
    `create function ${table("keyward_notify")}() returns trigger language plpgsql as
  $$ begin
    -- A payload is limited to 8000 bytes; "null" means that anything may have changed.
    perform pg_notify('${CHANNEL}', case
      when length(new.details) > 4000 and new.action = 'limits.reset' then 'null'
      else json_build_object(
        'key', new.key_id,
        'owner', case when new.key_id is null then new.owner_id end,
        'reset', case when new.action = 'limits.reset' then new.details::json->'subjects' end
      )::text end);
    return null;
  end $$`,
    `create trigger keyward_audit_notify after insert on ${table("keyward_audit")}
  for each row execute function ${table("keyward_notify")}()`,
  ];
}
