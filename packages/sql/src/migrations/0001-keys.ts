import { sql, type Kysely, type Migration } from "kysely";
import { textOf, type Database } from "./database.ts";

/** Keys, their audit trail, their usage by hour, and the counts of the day. */
export function keys(database: Database): Migration {
  const text = textOf(database);
  return {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable("keyward_key")
        .addColumn("id", text, (column) => column.primaryKey())
        .addColumn("digest", text, (column) => column.notNull().unique())
        .addColumn("masked", text, (column) => column.notNull())
        .addColumn("name", text, (column) => column.notNull())
        .addColumn("environment", text, (column) => column.notNull())
        .addColumn("owner_id", text, (column) => column.notNull())
        .addColumn("scopes", text, (column) => column.notNull())
        .addColumn("plan", text, (column) => column.notNull())
        .addColumn("limits", text)
        .addColumn("created_at", "bigint", (column) => column.notNull())
        .addColumn("expires_at", "bigint")
        .addColumn("revoked_at", "bigint")
        .addColumn("rotated_to", text)
        .addColumn("last_used_at", "bigint")
        .addColumn("metadata", text, (column) => column.notNull())
        .execute();
      await db.schema
        .createIndex("keyward_key_by_owner")
        .on("keyward_key")
        .columns(["owner_id", "id"])
        .execute();

      await db.schema
        .createTable("keyward_audit")
        .$call((table) =>
          database === "postgres"
            ? table.addColumn("seq", "bigint", (column) => column.primaryKey().generatedAlwaysAsIdentity())
            : table.addColumn("seq", "integer", (column) => column.primaryKey().autoIncrement()),
        )
        .addColumn("id", text, (column) => column.notNull().unique())
        .addColumn("at", "bigint", (column) => column.notNull())
        .addColumn("action", text, (column) => column.notNull())
        .addColumn("key_id", text, (column) => column.notNull())
        .addColumn("actor", text, (column) => column.notNull())
        .addColumn("address", text)
        .addColumn("details", text, (column) => column.notNull())
        .execute();
      await db.schema
        .createIndex("keyward_audit_by_key")
        .on("keyward_audit")
        .columns(["key_id", "id"])
        .execute();

      await db.schema
        .createTable("keyward_usage")
        .addColumn("key_id", text, (column) => column.notNull())
        .addColumn("hour", "bigint", (column) => column.notNull())
        .addColumn("admitted", "bigint", (column) => column.notNull())
        .addColumn("cost", "bigint", (column) => column.notNull())
        .addColumn("refused", "bigint", (column) => column.notNull())
        .addColumn("refused_sustained", "bigint", (column) => column.notNull())
        .addColumn("refused_burst", "bigint", (column) => column.notNull())
        .addColumn("refused_daily", "bigint", (column) => column.notNull())
        .addColumn("observed", "bigint", (column) => column.notNull())
        .addColumn("last_used_at", "bigint", (column) => column.notNull())
        .addPrimaryKeyConstraint("keyward_usage_key", ["key_id", "hour"])
        .execute();

      await db.schema
        .createTable("keyward_daily")
        .addColumn("subject", text, (column) => column.notNull())
        .addColumn("day", "integer", (column) => column.notNull())
        .addColumn("used", "bigint", (column) => column.notNull())
        .addPrimaryKeyConstraint("keyward_daily_key", ["day", "subject"])
        .execute();

      for (const trigger of database === "postgres" ? TRIGGERS_OF_POSTGRES : TRIGGERS_OF_SQLITE) {
        await trigger.execute(db);
      }
    },
  };
}

/** The database itself keeps the two promises that no later mistake in code may break. */
const TRIGGERS_OF_SQLITE = [
  sql`create trigger keyward_key_stays_revoked before update on keyward_key
    when old.revoked_at is not null and new.revoked_at is not old.revoked_at
    begin select raise(abort, 'a revoked key stays revoked'); end`,
  sql`create trigger keyward_audit_no_update before update on keyward_audit
    begin select raise(abort, 'the audit trail is append-only'); end`,
  sql`create trigger keyward_audit_no_delete before delete on keyward_audit
    begin select raise(abort, 'the audit trail is append-only'); end`,
];

/** The channel that PostgreSQL tells listeners of changed keys on. */
export const CHANNEL = "keyward_key_changed";

/**
 * The same promises, and word of changed keys to who listens, sent when the change is committed. Every change of a
 * key leaves an entry in the audit trail.
 */
const TRIGGERS_OF_POSTGRES = [
  sql`create function keyward_refuse() returns trigger language plpgsql as
    $$ begin raise exception '%', tg_argv[0] using errcode = 'integrity_constraint_violation'; end $$`,
  sql`create trigger keyward_key_stays_revoked before update on keyward_key for each row
    when (old.revoked_at is not null and new.revoked_at is distinct from old.revoked_at)
    execute function keyward_refuse('a revoked key stays revoked')`,
  sql`create trigger keyward_audit_append_only before update or delete or truncate on keyward_audit
    for each statement execute function keyward_refuse('the audit trail is append-only')`,
  sql`create function keyward_notify() returns trigger language plpgsql as
    $$ begin perform pg_notify(${sql.lit(CHANNEL)}, new.key_id); return null; end $$`,
  sql`create trigger keyward_audit_notify after insert on keyward_audit
    for each row execute function keyward_notify()`,
];
