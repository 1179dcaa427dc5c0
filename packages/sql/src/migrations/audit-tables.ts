import { qualify, type TableLocation } from "../table-location.ts";

const APPEND_ONLY = "the audit log is append-only";

/** The audit log and its checkpoints, and what the database refuses whatever code asks for it. */
export function createAuditTables(location: TableLocation): readonly string[] {
  const isPostgres = location.kind === "postgres";
  const audit = qualify(location, "keyward_audit");
  const checkpoint = qualify(location, "keyward_audit_checkpoint");
  const text = isPostgres ? 'text collate "C"' : "text";
  return [
    `create table ${audit} (
  seq ${isPostgres ? "bigint generated always as identity primary key" : "integer primary key autoincrement"},
  id ${text} not null unique,
  at bigint not null,
  action ${text} not null,
  key_id ${text},
  owner_id ${text},
  actor ${text} not null,
  level ${text} not null,
  address ${text},
  details ${text} not null,
  mac ${text} not null,
  chain_sequence bigint unique,
  chain_mac ${text}
)`,
    `create index keyward_audit_by_key on ${audit} (key_id, id)`,
    `create index keyward_audit_by_owner on ${audit} (owner_id, id)`,
    `create index keyward_audit_unlinked on ${audit} (seq) where chain_sequence is null`,
    `create table ${checkpoint} (
  sequence bigint not null primary key,
  mac ${text} not null,
  at bigint not null,
  signature ${text} not null
)`,
    ...(isPostgres ? guardInPostgres(location, audit, checkpoint) : GUARD_IN_SQLITE),
  ];
}

/** The columns of an event. They never change; only its place in the chain is added. */
const FIXED = [
  "seq",
  "id",
  "at",
  "action",
  "key_id",
  "owner_id",
  "actor",
  "level",
  "address",
  "details",
  "mac",
];

/**
 * `insert or replace` and `update or replace` delete the row in the way without a trigger, so that inserting and updating must
 * look for it.
 */
const GUARD_IN_SQLITE = [
  `create trigger keyward_audit_insert before insert on keyward_audit
  when new.chain_sequence is not null or new.chain_mac is not null
    or exists (select 1 from keyward_audit where id = new.id or seq = new.seq)
  begin select raise(abort, '${APPEND_ONLY}'); end`,
  `create trigger keyward_audit_update before update on keyward_audit
  when old.chain_sequence is not null or new.chain_sequence is null
    or ${FIXED.map((column) => `new.${column} is not old.${column}`).join(" or ")}
    or exists (select 1 from keyward_audit where chain_sequence = new.chain_sequence)
  begin select raise(abort, '${APPEND_ONLY}'); end`,
  `create trigger keyward_audit_delete before delete on keyward_audit
  when old.chain_sequence is null
    or old.chain_sequence > (select coalesce(max(sequence), 0) from keyward_audit_checkpoint)
  begin select raise(abort, '${APPEND_ONLY}'); end`,
  `create trigger keyward_audit_checkpoint_insert before insert on keyward_audit_checkpoint
  when exists (select 1 from keyward_audit_checkpoint where sequence = new.sequence)
  begin select raise(abort, '${APPEND_ONLY}'); end`,
  ...["update", "delete"].map(
    (
      operation,
    ) => `create trigger keyward_audit_checkpoint_${operation} before ${operation} on keyward_audit_checkpoint
  begin select raise(abort, '${APPEND_ONLY}'); end`,
  ),
];

function guardInPostgres(location: TableLocation, audit: string, checkpoint: string): readonly string[] {
  const guard = qualify(location, "keyward_guard_audit");
  const refuse = qualify(location, "keyward_refuse");
  return [
    `create function ${guard}() returns trigger language plpgsql as $$ begin
    if tg_op = 'INSERT' then
      if new.chain_sequence is null and new.chain_mac is null then return new; end if;
    elsif tg_op = 'UPDATE' then
      if old.chain_sequence is null and new.chain_sequence is not null
        and to_jsonb(new) - 'chain_sequence' - 'chain_mac' = to_jsonb(old) - 'chain_sequence' - 'chain_mac'
      then return new; end if;
    elsif old.chain_sequence <= (select max(sequence) from ${checkpoint}) then
      return old;
    end if;
    raise exception '${APPEND_ONLY}' using errcode = 'integrity_constraint_violation';
  end $$`,
    `create trigger keyward_audit_append_only before insert or update or delete on ${audit}
  for each row execute function ${guard}()`,
    `create trigger keyward_audit_no_truncate before truncate on ${audit}
  for each statement execute function ${refuse}('${APPEND_ONLY}')`,
    `create trigger keyward_audit_checkpoint_append_only before update or delete or truncate on ${checkpoint}
  for each statement execute function ${refuse}('${APPEND_ONLY}')`,
  ];
}
