import type { ActorLevel, AuditAction } from "@keyward/core";
import type {
  KeyChange,
  KeyRecord,
  KeyWithOwner,
  OwnerChange,
  OwnerRecord,
  OwnFields,
  PauseFields,
  StoredAuditEvent,
} from "@keyward/core/store";
import type { Insertable, Updateable } from "kysely";
import type { AuditEventRow, KeyRow, OwnedKeyRow, OwnerRow, Schema } from "./schema.ts";

function toJson(value: unknown): string | null {
  return value === null ? null : JSON.stringify(value);
}

function fromJson<T>(text: string | null): T | null {
  return text === null ? null : Object.freeze(JSON.parse(text) as T);
}

type SettingsRow = Pick<
  OwnerRow,
  | "plan"
  | "limits"
  | "limits_until"
  | "allowed_addresses"
  | "paused_at"
  | "paused_until"
  | "pause_reason"
  | "paused_by"
>;

/** The columns of settings that a change sets. */
function toSettingsUpdate(change: Partial<OwnFields & PauseFields>): Partial<SettingsRow> {
  const { plan, limits, limitsUntil, allowedAddresses, pausedAt, pausedUntil, pauseReason, pausedBy } =
    change;
  return {
    ...(plan !== undefined && { plan }),
    ...(limits !== undefined && { limits: toJson(limits) }),
    ...(limitsUntil !== undefined && { limits_until: limitsUntil }),
    ...(allowedAddresses !== undefined && { allowed_addresses: toJson(allowedAddresses) }),
    ...(pausedAt !== undefined && { paused_at: pausedAt }),
    ...(pausedUntil !== undefined && { paused_until: pausedUntil }),
    ...(pauseReason !== undefined && { pause_reason: pauseReason }),
    ...(pausedBy !== undefined && { paused_by: pausedBy }),
  };
}

function toSettingsRow({
  plan,
  limits,
  limitsUntil,
  allowedAddresses,
  pausedAt,
  pausedUntil,
  pauseReason,
  pausedBy,
}: OwnFields & PauseFields): SettingsRow {
  return {
    plan,
    limits: toJson(limits),
    limits_until: limitsUntil,
    allowed_addresses: toJson(allowedAddresses),
    paused_at: pausedAt,
    paused_until: pausedUntil,
    pause_reason: pauseReason,
    paused_by: pausedBy,
  };
}

function toSettings(row: SettingsRow): OwnFields & PauseFields {
  return {
    plan: row.plan,
    limits: fromJson(row.limits),
    limitsUntil: row.limits_until,
    allowedAddresses: fromJson(row.allowed_addresses),
    pausedAt: row.paused_at,
    pausedUntil: row.paused_until,
    pauseReason: row.pause_reason,
    pausedBy: row.paused_by as ActorLevel | null,
  };
}

export function toKeyRow(record: KeyRecord): Insertable<Schema["keyward_key"]> {
  return {
    id: record.id,
    lineage_id: record.lineageId,
    digest: record.digest,
    masked: record.masked,
    name: record.name,
    environment: record.environment,
    owner_id: record.ownerId,
    scopes: JSON.stringify(record.scopes),
    ...toSettingsRow(record),
    created_at: record.createdAt,
    expires_at: record.expiresAt,
    revoked_at: record.revokedAt,
    rotated_to: record.rotatedTo,
    metadata: JSON.stringify(record.metadata),
    revision: record.revision,
    idempotency_key: record.idempotencyKey,
  };
}

export function toLastUseRow(record: KeyRecord): Schema["keyward_last_use"] {
  return { key_id: record.id, at: record.lastUsedAt ?? 0, address: record.lastUsedAddress };
}

export function toKeyRecord(row: KeyRow): KeyRecord {
  return {
    id: row.id,
    lineageId: row.lineage_id,
    digest: row.digest,
    masked: row.masked,
    name: row.name,
    environment: row.environment,
    ownerId: row.owner_id,
    scopes: Object.freeze(JSON.parse(row.scopes)),
    ...toSettings(row),
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
    rotatedTo: row.rotated_to,
    lastUsedAt: row.last_used_at === 0 ? null : row.last_used_at,
    lastUsedAddress: row.last_used_address,
    metadata: Object.freeze(JSON.parse(row.metadata)),
    revision: row.revision,
    idempotencyKey: row.idempotency_key,
  };
}

/** The columns that a change of a key sets. */
export function toKeyUpdate(change: KeyChange): Updateable<Schema["keyward_key"]> {
  const { name, scopes, expiresAt, revokedAt, rotatedTo, metadata } = change;
  return {
    ...(name !== undefined && { name }),
    ...(scopes !== undefined && { scopes: JSON.stringify(scopes) }),
    ...toSettingsUpdate(change),
    ...(expiresAt !== undefined && { expires_at: expiresAt }),
    ...(revokedAt !== undefined && { revoked_at: revokedAt }),
    ...(rotatedTo !== undefined && { rotated_to: rotatedTo }),
    ...(metadata !== undefined && { metadata: JSON.stringify(metadata) }),
  };
}

export function toOwnerRow(record: OwnerRecord): OwnerRow {
  return {
    id: record.id,
    name: record.name,
    ...toSettingsRow(record),
    created_at: record.createdAt,
    metadata: JSON.stringify(record.metadata),
    revision: record.revision,
  };
}

export function toOwnerRecord(row: OwnerRow): OwnerRecord {
  return {
    id: row.id,
    name: row.name,
    ...toSettings(row),
    createdAt: row.created_at,
    metadata: Object.freeze(JSON.parse(row.metadata)),
    revision: row.revision,
  };
}

/** The columns that a change of an owner sets. */
export function toOwnerUpdate(change: OwnerChange): Updateable<Schema["keyward_owner"]> {
  const { name, metadata } = change;
  return {
    ...(name !== undefined && { name }),
    ...toSettingsUpdate(change),
    ...(metadata !== undefined && { metadata: JSON.stringify(metadata) }),
  };
}

export function toAuditRow(event: StoredAuditEvent): Insertable<Schema["keyward_audit"]> {
  const { keyId, ownerId, details, ...same } = event;
  return {
    ...same,
    key_id: keyId,
    owner_id: ownerId,
    details: JSON.stringify(details),
    chain_sequence: null,
    chain_mac: null,
  };
}

export function toAuditEvent(row: AuditEventRow): StoredAuditEvent {
  return {
    id: row.id,
    at: row.at,
    action: row.action as AuditAction,
    keyId: row.key_id,
    ownerId: row.owner_id,
    actor: row.actor,
    level: row.level as ActorLevel,
    address: row.address,
    details: toDetails(row.details),
    mac: row.mac,
  };
}

/** Text that is not JSON was not written by Keyward. It must be listed nevertheless, and its MAC does not fit. */
function toDetails(text: string): StoredAuditEvent["details"] {
  try {
    return JSON.parse(text) as StoredAuditEvent["details"];
  } catch {
    return { unreadable: text };
  }
}

/** A key that was looked up with its owner. */
export function toKeyWithOwner(row: OwnedKeyRow): KeyWithOwner {
  const key = toKeyRecord(row);
  if (key.ownerId === null || row.owner__created_at === null) return { key, owner: undefined };
  const owner = toOwnerRecord({
    id: key.ownerId,
    name: row.owner__name,
    plan: row.owner__plan,
    limits: row.owner__limits,
    limits_until: row.owner__limits_until,
    allowed_addresses: row.owner__allowed_addresses,
    paused_at: row.owner__paused_at,
    paused_until: row.owner__paused_until,
    pause_reason: row.owner__pause_reason,
    paused_by: row.owner__paused_by,
    created_at: row.owner__created_at,
    metadata: row.owner__metadata ?? "{}",
    revision: row.owner__revision ?? 1,
  });
  return { key, owner };
}
