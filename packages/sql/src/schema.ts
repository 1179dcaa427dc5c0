import { sql, type Generated, type RawBuilder, type Selectable } from "kysely";

/** The tables, as the query layer sees them. Times are milliseconds since the epoch; lists and objects are JSON text. */
export interface Schema {
  keyward_key: KeyTable;
  keyward_audit: AuditTable;
  keyward_usage: UsageTable;
  keyward_daily: DailyTable;
}

interface KeyTable {
  id: string;
  digest: string;
  masked: string;
  name: string;
  environment: string;
  owner_id: string;
  scopes: string;
  plan: string;
  limits: string | null;
  created_at: number;
  expires_at: number | null;
  revoked_at: number | null;
  rotated_to: string | null;
  last_used_at: number | null;
  last_used_address: string | null;
  metadata: string;
  revision: number;
  idempotency_key: string | null;
}

interface AuditTable {
  /** In SQLite in the order of commits, so that other processes can ask what is new. */
  seq: Generated<number>;
  id: string;
  at: number;
  action: string;
  key_id: string;
  actor: string;
  address: string | null;
  details: string;
}

interface UsageTable {
  key_id: string;
  hour: number;
  admitted: number;
  cost: number;
  refused: number;
  refused_sustained: number;
  refused_burst: number;
  refused_daily: number;
  observed: number;
}

interface DailyTable {
  subject: string;
  day: number;
  used: number;
}

export type KeyRow = Selectable<KeyTable>;
export type AuditRow = Selectable<AuditTable>;
export type UsageRow = Selectable<UsageTable>;

/** A table in SQL text. Kysely's own queries know their schema already. */
export function tableIn(schema: string | undefined, name: keyof Schema): RawBuilder<unknown> {
  return schema === undefined ? sql.id(name) : sql.id(schema, name);
}
