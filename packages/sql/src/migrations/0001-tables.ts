import { qualify, type MigrationTarget } from "./target.ts";

/** The channel on which PostgreSQL announces changed keys. */
export const CHANNEL = "keyward_key_changed";

/** Keys, the audit trail, usage by hour, and the counts of the day. */
export function createTables(target: MigrationTarget): readonly string[] {
  const isPostgres = target.kind === "postgres";
  const table = (name: string) => qualify(target, name);
  // Compared byte by byte, whatever language the database is set to, as SQLite does.
  const text = isPostgres ? 'text collate "C"' : "text";
  const sequence = isPostgres
    ? "bigint generated always as identity primary key"
    : "integer primary key autoincrement";
  return [
    `create table ${table("keyward_key")} (
  id ${text} not null primary key,
  digest ${text} not null unique,
  masked ${text} not null,
  name ${text} not null,
  environment ${text} not null,
  owner_id ${text} not null,
  scopes ${text} not null,
  plan ${text} not null,
  limits ${text},
  created_at bigint not null,
  expires_at bigint,
  revoked_at bigint,
  rotated_to ${text},
  last_used_at bigint,
  last_used_address ${text},
  metadata ${text} not null,
  revision integer not null default 1,
  idempotency_key ${text} unique
)`,
    `create index keyward_key_by_owner on ${table("keyward_key")} (owner_id, id)`,
    `create table ${table("keyward_audit")} (
  seq ${sequence},
  id ${text} not null unique,
  at bigint not null,
  action ${text} not null,
  key_id ${text} not null,
  actor ${text} not null,
  address ${text},
  details ${text} not null
)`,
    `create index keyward_audit_by_key on ${table("keyward_audit")} (key_id, id)`,
    `create table ${table("keyward_usage")} (
  key_id ${text} not null,
  hour bigint not null,
  admitted bigint not null,
  cost bigint not null,
  refused bigint not null,
  refused_sustained bigint not null,
  refused_burst bigint not null,
  refused_daily bigint not null,
  observed bigint not null,
  primary key (key_id, hour)
)`,
    `create table ${table("keyward_daily")} (
  subject ${text} not null,
  day integer not null,
  used bigint not null,
  primary key (day, subject)
)`,
    ...(isPostgres ? postgresTriggers(table) : SQLITE_TRIGGERS),
  ];
}

/** The database itself refuses what no code may do: reviving a revoked key, changing the audit trail. */
const SQLITE_TRIGGERS = [
  `create trigger keyward_key_stays_revoked before update on keyward_key
  when old.revoked_at is not null and new.revoked_at is not old.revoked_at
  begin select raise(abort, 'a revoked key stays revoked'); end`,
  `create trigger keyward_audit_no_update before update on keyward_audit
  begin select raise(abort, 'the audit trail is append-only'); end`,
  `create trigger keyward_audit_no_delete before delete on keyward_audit
  begin select raise(abort, 'the audit trail is append-only'); end`,
];

/**
 * The same in PostgreSQL. It also notifies listeners of changed keys when the change is committed: every change of a
 * key inserts an audit event.
 */
function postgresTriggers(table: (name: string) => string): readonly string[] {
  return [
    `create function ${table("keyward_refuse")}() returns trigger language plpgsql as
  $$ begin raise exception '%', tg_argv[0] using errcode = 'integrity_constraint_violation'; end $$`,
    `create trigger keyward_key_stays_revoked before update on ${table("keyward_key")} for each row
  when (old.revoked_at is not null and new.revoked_at is distinct from old.revoked_at)
  execute function ${table("keyward_refuse")}('a revoked key stays revoked')`,
    `create trigger keyward_audit_append_only before update or delete or truncate on ${table("keyward_audit")}
  for each statement execute function ${table("keyward_refuse")}('the audit trail is append-only')`,
    `create function ${table("keyward_notify")}() returns trigger language plpgsql as
  $$ begin perform pg_notify('${CHANNEL}', new.key_id); return null; end $$`,
    `create trigger keyward_audit_notify after insert on ${table("keyward_audit")}
  for each row execute function ${table("keyward_notify")}()`,
  ];
}
