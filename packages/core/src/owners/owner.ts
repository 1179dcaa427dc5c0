import type { Metadata } from "../json.ts";
import {
  isPaused,
  ownSettings,
  pauseOf,
  type ApiKey,
  type OwnFields,
  type Pause,
  type PauseFields,
} from "../keys/record.ts";

/** A customer that owns keys. */
export interface Owner extends Pick<ApiKey, "plan" | "limits" | "allowedAddresses"> {
  readonly id: string;
  readonly name?: string | undefined;
  /** `paused` refuses all keys of the owner. */
  readonly status: "active" | "paused";
  readonly pause?: Pause | undefined;
  readonly createdAt: Date;
  /** 1 for a new owner, 1 more after each change by a person. */
  readonly revision: number;
  readonly metadata: Metadata;
}

/** An owner as a store keeps it. Times are milliseconds since the epoch. */
export interface OwnerRecord extends PauseFields, OwnFields {
  readonly id: string;
  readonly name: string | null;
  readonly createdAt: number;
  readonly metadata: Metadata;
  /** 1 in a new record; the store adds 1 with each change. */
  readonly revision: number;
}

/** The fields of an owner that can change. */
export type OwnerChange = Partial<Omit<OwnerRecord, "id" | "createdAt" | "revision">>;

/** The record of an owner that nothing was set for yet. */
export function newOwner(id: string, now: number): OwnerRecord {
  return {
    id,
    name: null,
    plan: null,
    limits: null,
    limitsUntil: null,
    allowedAddresses: null,
    pausedAt: null,
    pausedUntil: null,
    pauseReason: null,
    pausedBy: null,
    createdAt: now,
    metadata: {},
    revision: 1,
  };
}

/** The record, for people. */
export function toOwner(record: OwnerRecord, now: number): Owner {
  return Object.freeze({
    id: record.id,
    ...(record.name !== null && { name: record.name }),
    ...ownSettings(record, now),
    status: isPaused(record, now) ? "paused" : "active",
    ...pauseOf(record, now),
    createdAt: new Date(record.createdAt),
    revision: record.revision,
    metadata: record.metadata,
  });
}
