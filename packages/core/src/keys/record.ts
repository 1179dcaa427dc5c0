import type { Limits } from "../limits/limits.ts";

/** What a team keeps beside a key: any JSON value per name. Never counted, never interpreted. */
export type Metadata = Readonly<Record<string, JsonValue>>;
/** What JSON can hold. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue };

/** What has become of a key. One that was revoked stays so, whether or not it has expired since. */
export type KeyStatus = "active" | "expired" | "revoked";

/** A key as it may be shown to anyone who may see it: everything but the key. */
export interface ApiKey {
  readonly id: string;
  readonly name: string;
  /** `prod_********-****-****-1a234b56`. A label, not a unique id. */
  readonly masked: string;
  readonly environment: string;
  readonly ownerId: string;
  readonly scopes: readonly string[];
  readonly plan: string;
  /** The key's own limits, where it has some in place of its plan's. */
  readonly limits?: Limits;
  /** As of when this object was made. */
  readonly status: KeyStatus;
  readonly createdAt: Date;
  readonly expiresAt?: Date;
  readonly revokedAt?: Date;
  /** The id of the key that took this one's place. */
  readonly rotatedTo?: string;
  /** When it was last admitted; at most a minute behind. */
  readonly lastUsedAt?: Date;
  /** The network address that came from. */
  readonly lastUsedAddress?: string;
  /** 1 when it was made, one more with each change by a person. Use does not count. */
  readonly revision: number;
  readonly metadata: Metadata;
}

/** A key as a store keeps it. Times are milliseconds since the epoch. */
export interface KeyRecord {
  readonly id: string;
  /** HMAC-SHA-256 of the key, base64url. Unique. */
  readonly digest: string;
  readonly masked: string;
  readonly name: string;
  readonly environment: string;
  readonly ownerId: string;
  readonly scopes: readonly string[];
  readonly plan: string;
  readonly limits: Limits | null;
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly revokedAt: number | null;
  readonly rotatedTo: string | null;
  readonly lastUsedAt: number | null;
  readonly lastUsedAddress: string | null;
  readonly metadata: Metadata;
  /** 1 in a new record; the store adds 1 with each change. */
  readonly revision: number;
  /** A digest of the owner and the name of the request that created the key, so that a repeated request creates no second key. Unique. */
  readonly idempotencyKey: string | null;
}

/** The fields of a record that can change. Revocation is for ever; a store never undoes it. */
export type KeyChange = Partial<
  Pick<
    KeyRecord,
    "name" | "scopes" | "plan" | "limits" | "expiresAt" | "revokedAt" | "rotatedTo" | "metadata"
  >
>;

/** Revoked before expired: what a person did counts for more than what time did. */
export function statusOf(record: KeyRecord, now: number): KeyStatus {
  if (record.revokedAt !== null) return "revoked";
  return record.expiresAt !== null && record.expiresAt <= now ? "expired" : "active";
}

/** The record without its digest, as people see it. */
export function toApiKey(record: KeyRecord, now: number): ApiKey {
  return Object.freeze({
    id: record.id,
    name: record.name,
    masked: record.masked,
    environment: record.environment,
    ownerId: record.ownerId,
    scopes: record.scopes,
    plan: record.plan,
    ...(record.limits !== null && { limits: record.limits }),
    status: statusOf(record, now),
    createdAt: new Date(record.createdAt),
    ...(record.expiresAt !== null && { expiresAt: new Date(record.expiresAt) }),
    ...(record.revokedAt !== null && { revokedAt: new Date(record.revokedAt) }),
    ...(record.rotatedTo !== null && { rotatedTo: record.rotatedTo }),
    ...(record.lastUsedAt !== null && { lastUsedAt: new Date(record.lastUsedAt) }),
    ...(record.lastUsedAddress !== null && { lastUsedAddress: record.lastUsedAddress }),
    revision: record.revision,
    metadata: record.metadata,
  });
}
