import type { AuditCheckpoint } from "@keyward/core";
import type { Generated, Selectable } from "kysely";

/** The tables, as the query layer sees them. Times are milliseconds since the epoch; lists and objects are JSON text. */
export interface Schema {
  keyward_key: KeyTable;
  keyward_owner: OwnerTable;
  keyward_last_use: LastUseTable;
  keyward_network: NetworkTable;
  keyward_audit: AuditTable;
  keyward_audit_checkpoint: AuditCheckpoint;
  keyward_usage: UsageTable & { hour: number };
  keyward_minute_usage: UsageTable & { minute: number };
  keyward_refusal: RefusalTable & { hour: number };
  keyward_minute_refusal: RefusalTable & { minute: number };
  keyward_tag: TagTable;
  keyward_count: CountTable;
  keyward_secret: { value: string };
  keyward_session: SessionTable;
  keyward_claim: { name: string; until: number };
  keyward_probe: { id: number; at: number };
}

/** The columns that keys and owners have in common. */
interface SettingsColumns {
  plan: string | null;
  limits: string | null;
  limits_until: number | null;
  allowed_addresses: string | null;
  paused_at: number | null;
  paused_until: number | null;
  pause_reason: string | null;
  paused_by: string | null;
  created_at: number;
  metadata: string;
  revision: number;
}

export interface KeyTable extends SettingsColumns {
  /** In SQLite alone, where the full-text index refers to it. */
  seq: Generated<number>;
  id: string;
  lineage_id: string;
  digest: string;
  masked: string;
  name: string;
  environment: string;
  owner_id: string | null;
  scopes: string;
  expires_at: number | null;
  revoked_at: number | null;
  rotated_to: string | null;
  idempotency_key: string | null;
}

export interface OwnerTable extends SettingsColumns {
  id: string;
  name: string | null;
}

/** A row for each key, apart from it: it changes often, and the key's indexes need not change with it. */
export interface LastUseTable {
  key_id: string;
  /** 0 if the key was never used. */
  at: number;
  address: string | null;
}

/** The networks that a key was used from. */
interface NetworkTable {
  key_id: string;
  network: string;
  last_used_at: number;
}

interface AuditTable {
  /** In SQLite in the order of commits, so that other processes can ask what is new. */
  seq: Generated<number>;
  id: string;
  at: number;
  action: string;
  key_id: string | null;
  owner_id: string | null;
  actor: string;
  level: string;
  address: string | null;
  details: string;
  mac: string;
  /** The event's place in the chain; `null` until it has one. */
  chain_sequence: number | null;
  chain_mac: string | null;
}

/** The key line, owner and tag of a row. Without an owner, a key line or a tag the text is empty. */
interface UsageDimensionColumns {
  owner_id: string;
  line_id: string;
  tag: string;
}

interface UsageTable extends UsageDimensionColumns {
  admitted: number;
  cost: number;
  refused: number;
  observed: number;
  busiest_second: number;
}

/** Refused requests by policy and by problem code. */
interface RefusalTable extends UsageDimensionColumns {
  kind: "policy" | "code";
  name: string;
  refused: number;
}

/** The tags of an owner, or of a key line without one. */
interface TagTable extends UsageDimensionColumns {
  slot: number;
  /** Time of the last claim. */
  claimed_at: number;
}

/** The part of a calendar period that a subject used. */
interface CountTable {
  subject: string;
  quota: string;
  period_start: number;
  period_end: number;
  used: number;
}

/** A session of a person who signed in. */
interface SessionTable {
  id: string;
  digest: string;
  actor: string;
  credential: string | null;
  address: string | null;
  user_agent: string | null;
  signed_in_at: number;
  last_seen_at: number;
  idle_ends_at: number;
  ends_at: number;
}

/** A key with its last use, and the columns of its owner where it has one, which begin with `owner__`. */
export type OwnedKeyRow = KeyRow & {
  readonly [Column in Exclude<keyof OwnerRow, "id"> as `owner__${Column}`]: OwnerRow[Column] | null;
};

/** A key with its last use. */
export type KeyRow = Omit<Selectable<KeyTable>, "seq"> & {
  /** 0 if the key was never used. */
  readonly last_used_at: number;
  readonly last_used_address: string | null;
};
export type OwnerRow = Selectable<OwnerTable>;
export type AuditEventRow = Selectable<AuditTable>;
export type SessionRow = Selectable<SessionTable>;
