import type { AuditAction, AuditEntry, KeyChange, KeyRecord, UsageCount, UsageHour } from "@keyward/core";
import type { Insertable, Updateable } from "kysely";
import type { AuditRow, KeyRow, Schema, UsageRow } from "./schema.ts";

export function toKeyRow(record: KeyRecord): KeyRow {
  return {
    id: record.id,
    digest: record.digest,
    masked: record.masked,
    name: record.name,
    environment: record.environment,
    owner_id: record.ownerId,
    scopes: JSON.stringify(record.scopes),
    plan: record.plan,
    limits: record.limits === null ? null : JSON.stringify(record.limits),
    created_at: record.createdAt,
    expires_at: record.expiresAt,
    revoked_at: record.revokedAt,
    rotated_to: record.rotatedTo,
    last_used_at: record.lastUsedAt,
    last_used_address: record.lastUsedAddress,
    metadata: JSON.stringify(record.metadata),
    revision: record.revision,
    idempotency_key: record.idempotencyKey,
  };
}

export function toKeyRecord(row: KeyRow): KeyRecord {
  return {
    id: row.id,
    digest: row.digest,
    masked: row.masked,
    name: row.name,
    environment: row.environment,
    ownerId: row.owner_id,
    scopes: Object.freeze(JSON.parse(row.scopes)),
    plan: row.plan,
    limits: row.limits === null ? null : Object.freeze(JSON.parse(row.limits)),
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
    rotatedTo: row.rotated_to,
    lastUsedAt: row.last_used_at,
    lastUsedAddress: row.last_used_address,
    metadata: Object.freeze(JSON.parse(row.metadata)),
    revision: row.revision,
    idempotencyKey: row.idempotency_key,
  };
}

/** The columns that a change touches. */
export function toKeyUpdate(change: KeyChange): Updateable<Schema["keyward_key"]> {
  const { name, scopes, plan, limits, expiresAt, revokedAt, rotatedTo, metadata } = change;
  return {
    ...(name !== undefined && { name }),
    ...(scopes !== undefined && { scopes: JSON.stringify(scopes) }),
    ...(plan !== undefined && { plan }),
    ...(limits !== undefined && { limits: limits === null ? null : JSON.stringify(limits) }),
    ...(expiresAt !== undefined && { expires_at: expiresAt }),
    ...(revokedAt !== undefined && { revoked_at: revokedAt }),
    ...(rotatedTo !== undefined && { rotated_to: rotatedTo }),
    ...(metadata !== undefined && { metadata: JSON.stringify(metadata) }),
  };
}

export function toAuditRow(entry: AuditEntry): Insertable<Schema["keyward_audit"]> {
  const { keyId, details, ...same } = entry;
  return { ...same, key_id: keyId, details: JSON.stringify(details) };
}

export function toAuditEntry(row: AuditRow): AuditEntry {
  return {
    id: row.id,
    at: row.at,
    action: row.action as AuditAction,
    keyId: row.key_id,
    actor: row.actor,
    address: row.address,
    details: JSON.parse(row.details),
  };
}

export function toUsageRow(count: UsageCount): UsageRow {
  return {
    key_id: count.keyId,
    hour: count.hour,
    admitted: count.admitted,
    cost: count.cost,
    refused: count.refused,
    refused_sustained: count.refusedSustained,
    refused_burst: count.refusedBurst,
    refused_daily: count.refusedDaily,
    observed: count.observed,
  };
}

export function toUsageHour(row: Omit<UsageRow, "key_id">): UsageHour {
  return {
    hour: row.hour,
    admitted: row.admitted,
    cost: row.cost,
    refused: row.refused,
    refusedSustained: row.refused_sustained,
    refusedBurst: row.refused_burst,
    refusedDaily: row.refused_daily,
    observed: row.observed,
  };
}
