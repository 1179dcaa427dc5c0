import { sql, type Kysely } from "kysely";

/** Keys, their audit trail, their usage by hour, and the counts of the day. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("keyward_key")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("digest", "text", (column) => column.notNull().unique())
    .addColumn("masked", "text", (column) => column.notNull())
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("environment", "text", (column) => column.notNull())
    .addColumn("owner_id", "text", (column) => column.notNull())
    .addColumn("scopes", "text", (column) => column.notNull())
    .addColumn("plan", "text", (column) => column.notNull())
    .addColumn("limits", "text")
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .addColumn("expires_at", "bigint")
    .addColumn("revoked_at", "bigint")
    .addColumn("rotated_to", "text")
    .addColumn("last_used_at", "bigint")
    .addColumn("metadata", "text", (column) => column.notNull())
    .execute();
  await db.schema.createIndex("keyward_key_by_owner").on("keyward_key").columns(["owner_id", "id"]).execute();

  await db.schema
    .createTable("keyward_audit")
    .addColumn("seq", "integer", (column) => column.primaryKey().autoIncrement())
    .addColumn("id", "text", (column) => column.notNull().unique())
    .addColumn("at", "bigint", (column) => column.notNull())
    .addColumn("action", "text", (column) => column.notNull())
    .addColumn("key_id", "text", (column) => column.notNull())
    .addColumn("actor", "text", (column) => column.notNull())
    .addColumn("address", "text")
    .addColumn("details", "text", (column) => column.notNull())
    .execute();
  await db.schema.createIndex("keyward_audit_by_key").on("keyward_audit").columns(["key_id", "id"]).execute();

  await db.schema
    .createTable("keyward_usage")
    .addColumn("key_id", "text", (column) => column.notNull())
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
    .addColumn("subject", "text", (column) => column.notNull())
    .addColumn("day", "integer", (column) => column.notNull())
    .addColumn("used", "bigint", (column) => column.notNull())
    .addPrimaryKeyConstraint("keyward_daily_key", ["day", "subject"])
    .execute();

  // The database itself keeps the two promises that no later mistake in code may break.
  await sql`create trigger keyward_key_stays_revoked before update on keyward_key
    when old.revoked_at is not null and new.revoked_at is not old.revoked_at
    begin select raise(abort, 'a revoked key stays revoked'); end`.execute(db);
  for (const act of ["update", "delete"] as const) {
    await sql`create trigger ${sql.id(`keyward_audit_no_${act}`)} before ${sql.raw(act)} on keyward_audit
      begin select raise(abort, 'the audit trail is append-only'); end`.execute(db);
  }
}
