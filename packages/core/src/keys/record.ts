import type { ActorLevel } from "../audit/audit-event.ts";
import type { Metadata } from "../json.ts";
import type { LimitOverrides } from "../limits/limits.ts";

export type { Metadata };

/** The status of a key. `revoked` is permanent and takes precedence, then `expired`, then `paused`. */
export type KeyStatus = "active" | "paused" | "expired" | "revoked";

/** A pause of a key or an owner. */
export interface Pause {
  readonly at: Date;
  /** Time at which it ends automatically. */
  readonly until?: Date | undefined;
  /** For operators. Responses never contain it. */
  readonly reason?: string | undefined;
  /** True if a customer or an operator paused. Only that level or a higher one ends the pause. */
  readonly by: ActorLevel;
}

/** Limits that override those of a plan. */
export type OwnLimits = LimitOverrides & {
  /** Time at which they expire. */
  readonly until?: Date | undefined;
};

/** A key as it may be shown to anyone who may see it: everything but the key. */
export interface ApiKey {
  readonly id: string;
  /** The id of the first key that this one was rotated from; its own id if it was not. Keys of one lineage share one count. */
  readonly lineageId: string;
  readonly name: string;
  /** `prod_********-****-****-1a234b56`. A label, not a unique id. */
  readonly masked: string;
  readonly environment: string;
  /** A key without an owner is its own owner. */
  readonly ownerId?: string | undefined;
  readonly scopes: readonly string[];
  /** The key's own plan. Without one its owner's applies, or `default`. */
  readonly plan?: string | undefined;
  /** The key's own limits, which override its plan's. */
  readonly limits?: OwnLimits | undefined;
  /** The networks that the key may be used from, in CIDR notation. Without any, it may be used from anywhere. */
  readonly allowedAddresses?: readonly string[] | undefined;
  /** Time at which this object was created. */
  readonly status: KeyStatus;
  readonly createdAt: Date;
  readonly expiresAt?: Date | undefined;
  readonly pause?: Pause | undefined;
  readonly revokedAt?: Date | undefined;
  /** The id of the key that replaced this one. */
  readonly rotatedTo?: string | undefined;
  /** Time of the last admitted request, at most a minute behind. */
  readonly lastUsedAt?: Date | undefined;
  /** The network address of that request. */
  readonly lastUsedAddress?: string | undefined;
  /** 1 for a new key, 1 more after each change by a person. Use does not count. */
  readonly revision: number;
  readonly metadata: Metadata;
}

/** The stored form of a pause. `pausedAt` is `null` without a pause. */
export interface PauseFields {
  readonly pausedAt: number | null;
  readonly pausedUntil: number | null;
  readonly pauseReason: string | null;
  /** The level of the actor who paused. Only that level or a higher one ends the pause. */
  readonly pausedBy: ActorLevel | null;
}

/** The stored form of a custom plan, custom limits and allowed addresses. */
export interface OwnFields {
  readonly plan: string | null;
  readonly limits: LimitOverrides | null;
  /** Time at which `limits` expire. */
  readonly limitsUntil: number | null;
  readonly allowedAddresses: readonly string[] | null;
}

/** A key as a store keeps it. Times are milliseconds since the epoch. */
export interface KeyRecord extends PauseFields, OwnFields {
  readonly id: string;
  readonly lineageId: string;
  /** HMAC-SHA-256 of the key, base64url. Unique. */
  readonly digest: string;
  readonly masked: string;
  readonly name: string;
  readonly environment: string;
  readonly ownerId: string | null;
  readonly scopes: readonly string[];
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly revokedAt: number | null;
  readonly rotatedTo: string | null;
  readonly lastUsedAt: number | null;
  readonly lastUsedAddress: string | null;
  readonly metadata: Metadata;
  /** 1 in a new record; the store adds 1 with each change. */
  readonly revision: number;
  /** Identifies the request that created the key, so that a repeated request creates no second one. Unique where set. */
  readonly idempotencyKey: string | null;
}

/** The fields of a record that can change. Revocation is permanent; a store never undoes it. */
export type KeyChange = Partial<
  Pick<
    KeyRecord,
    | "name"
    | "scopes"
    | "expiresAt"
    | "revokedAt"
    | "rotatedTo"
    | "metadata"
    | keyof PauseFields
    | keyof OwnFields
  >
>;

/** True if a key or an owner is paused. */
export function isPaused({ pausedAt, pausedUntil }: PauseFields, now: number): boolean {
  return pausedAt !== null && (pausedUntil === null || pausedUntil > now);
}

/** The status of a key. What a person did takes precedence over what time did. */
export function statusOf(record: KeyRecord, now: number): KeyStatus {
  if (record.revokedAt !== null) return "revoked";
  if (record.expiresAt !== null && record.expiresAt <= now) return "expired";
  return isPaused(record, now) ? "paused" : "active";
}

/** The record without its digest, for people. */
export function toApiKey(record: KeyRecord, now: number): ApiKey {
  return Object.freeze({
    id: record.id,
    lineageId: record.lineageId,
    name: record.name,
    masked: record.masked,
    environment: record.environment,
    ...(record.ownerId !== null && { ownerId: record.ownerId }),
    scopes: record.scopes,
    ...ownSettings(record, now),
    status: statusOf(record, now),
    createdAt: new Date(record.createdAt),
    ...(record.expiresAt !== null && { expiresAt: new Date(record.expiresAt) }),
    ...pauseOf(record, now),
    ...(record.revokedAt !== null && { revokedAt: new Date(record.revokedAt) }),
    ...(record.rotatedTo !== null && { rotatedTo: record.rotatedTo }),
    ...(record.lastUsedAt !== null && { lastUsedAt: new Date(record.lastUsedAt) }),
    ...(record.lastUsedAddress !== null && { lastUsedAddress: record.lastUsedAddress }),
    revision: record.revision,
    metadata: record.metadata,
  });
}

/** Own plan, limits and networks, for people. Limits that have expired are left out. */
export function ownSettings(
  { plan, limits, limitsUntil, allowedAddresses }: OwnFields,
  now: number,
): Pick<ApiKey, "plan" | "limits" | "allowedAddresses"> {
  const isInForce = limits !== null && (limitsUntil === null || limitsUntil > now);
  const until = limitsUntil === null ? {} : { until: new Date(limitsUntil) };
  return {
    ...(plan !== null && { plan }),
    ...(isInForce && { limits: Object.freeze({ ...limits, ...until }) }),
    ...(allowedAddresses !== null && { allowedAddresses }),
  };
}

/** A current pause, as shown to people. */
export function pauseOf(fields: PauseFields, now: number): { pause?: Pause } {
  const { pausedAt, pausedUntil, pauseReason, pausedBy } = fields;
  if (pausedAt === null || !isPaused(fields, now)) return {};
  return {
    pause: Object.freeze({
      at: new Date(pausedAt),
      ...(pausedUntil !== null && { until: new Date(pausedUntil) }),
      ...(pauseReason !== null && { reason: pauseReason }),
      by: pausedBy ?? "operator",
    }),
  };
}
