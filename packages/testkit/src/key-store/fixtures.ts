import assert from "node:assert/strict";
import { KeywardError, type AuditEntry, type KeyRecord, type UsageCount } from "@keyward/core";

export const HOUR_MS = 3_600_000;
export const NOW = Date.UTC(2025, 5, 15, 12);

export function keyRecord(number: number, fields: Partial<KeyRecord> = {}): KeyRecord {
  return {
    id: `key_${number}`,
    digest: `digest of ${number}`,
    masked: "prod_********-****-****-1a234b56",
    name: `key ${number}`,
    environment: "prod",
    ownerId: "default",
    scopes: [],
    plan: "default",
    limits: null,
    createdAt: NOW + number,
    expiresAt: null,
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

export function auditEntry(number: number, keyId: string = `key_${number}`): AuditEntry {
  return {
    id: `act_${number}`,
    at: NOW + number,
    action: "key.updated",
    keyId,
    actor: "somebody",
    address: number % 2 === 0 ? "203.0.113.1" : null,
    details: { number },
  };
}

export function usageCount(keyId: string, hour: number, factor: number): UsageCount {
  return {
    keyId,
    hour,
    admitted: factor,
    cost: 2 * factor,
    refused: 3 * factor,
    refusedSustained: 4 * factor,
    refusedBurst: 5 * factor,
    refusedDaily: 6 * factor,
    observed: 7 * factor,
  };
}

export async function assertRejects(act: () => Promise<unknown>, code: string): Promise<void> {
  await assert.rejects(act, (error) => error instanceof KeywardError && error.code === code);
}
