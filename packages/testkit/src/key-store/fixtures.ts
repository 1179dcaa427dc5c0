import assert from "node:assert/strict";
import { KeywardError } from "@keyward/core";
import type { UsageCounts } from "@keyward/core";
import {
  newOwner,
  type KeyRecord,
  type OwnerRecord,
  type PeriodCount,
  type StoredAuditEvent,
  type UsageCount,
} from "@keyward/core/store";

export const HOUR_MS = 3_600_000;
export const NOW = Date.UTC(2025, 5, 15, 12);

/** A key without an owner, unless `fields` name one. */
export function keyRecord(number: number, fields: Partial<KeyRecord> = {}): KeyRecord {
  return {
    id: `key_${number}`,
    lineageId: `key_${number}`,
    digest: `digest of ${number}`,
    masked: "prod_********-****-****-1a234b56",
    name: `key ${number}`,
    environment: "prod",
    ownerId: null,
    scopes: [],
    plan: null,
    limits: null,
    limitsUntil: null,
    allowedAddresses: null,
    createdAt: NOW + number,
    expiresAt: null,
    pausedAt: null,
    pausedUntil: null,
    pauseReason: null,
    pausedBy: null,
    revokedAt: null,
    rotatedTo: null,
    lastUsedAt: null,
    lastUsedAddress: null,
    metadata: {},
    revision: 1,
    idempotencyKey: null,
    ...fields,
  };
}

/** The owner as a key creates it that was created at `createdAt`. */
export function ownerRecord(id: string, createdAt: number, fields: Partial<OwnerRecord> = {}): OwnerRecord {
  return { ...newOwner(id, createdAt), ...fields };
}

/** An event about key `key_<number>`, unless `fields` say otherwise. */
export function auditEvent(number: number, fields: Partial<StoredAuditEvent> = {}): StoredAuditEvent {
  return {
    id: `act_${number}`,
    at: NOW + number,
    action: "key.updated",
    keyId: `key_${number}`,
    ownerId: null,
    actor: "somebody",
    level: "operator",
    address: number % 2 === 0 ? "203.0.113.1" : null,
    details: { number },
    mac: `mac of ${number}`,
    ...fields,
  };
}

/** Usage of a key line in the minute that begins at `minute`. */
export function usageCount(
  keyId: string | null,
  minute: number,
  factor: number,
  of: { readonly ownerId?: string; readonly tag?: string } = {},
): UsageCount {
  return { minute, keyId, ownerId: of.ownerId ?? null, tag: of.tag ?? null, ...usageCounts(factor) };
}

export function usageCounts(factor: number): UsageCounts {
  return {
    admitted: factor,
    cost: 2 * factor,
    refused: 3 * factor,
    refusedBy: { burst: 4 * factor, "owner-daily": 5 * factor, "search-sustained": 6 * factor },
    refusedWith: { "rate-limit-exceeded": 2 * factor, "insufficient-scope": factor },
    observed: 7 * factor,
    busiestSecond: 8 * factor,
  };
}

/** A count of the hour that begins so many hours after `NOW`. */
export function hourlyCount(subject: string, hours: number, used: number): PeriodCount {
  const startMs = NOW + hours * HOUR_MS;
  return { subject, period: { quota: "hourly", startMs, endMs: startMs + HOUR_MS }, used };
}

export async function assertRejects(call: () => Promise<unknown>, code: string): Promise<void> {
  await assert.rejects(call, (error) => error instanceof KeywardError && error.code === code);
}
