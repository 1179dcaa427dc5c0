import type { ActorLevel, StoredAuditEvent } from "../audit/audit-event.ts";
import type { AuditChain, AuditCheckpoint, LinkedAuditEvent } from "../audit/chain.ts";
import type { MaybePromise } from "../maybe-promise.ts";

/** Filter of audit events. An event must match all fields that are set. */
export interface AuditFilter {
  readonly keyId?: string | undefined;
  /** Events of an owner and of its keys. */
  readonly ownerId?: string | undefined;
  readonly action?: string | undefined;
  readonly actor?: string | undefined;
  readonly level?: ActorLevel | undefined;
  /** Milliseconds since the epoch, included. */
  readonly from?: number | undefined;
  /** Milliseconds since the epoch, excluded. */
  readonly to?: number | undefined;
}

/** A page of a listing, newest first. `before` is the id of the last event of the page before. */
export interface AuditPage {
  readonly before?: string | undefined;
  readonly limit: number;
}

/**
 * Keeps audit events. They are written by the calls of `KeyStore` that change something, and by `appendAudit`. A store
 * changes no event, and deletes none but those before a checkpoint.
 *
 * Each event gets its place in the chain in the transaction that stores it. If that would take longer than a second, it is
 * stored without, and gets its place with the next event or by `linkAudit`.
 */
export interface AuditStore {
  listAudit(filter: AuditFilter, page: AuditPage): MaybePromise<readonly StoredAuditEvent[]>;
  /** Stores an event that belongs to no change of a key or an owner. */
  appendAudit(event: StoredAuditEvent): MaybePromise<void>;
  /** Receives the functions that make and check MACs. Before that, events are stored without a place. */
  useAuditChain(chain: AuditChain): void;
  /** Gives up to 1,000 genuine events their places, the oldest first. Returns how many it placed. */
  linkAudit(): MaybePromise<number>;
  /** Events that have a place after `after`, in the order of the chain. */
  readAuditChain(after: number, limit: number): MaybePromise<readonly LinkedAuditEvent[]>;
  /** Events that have no place, the oldest first. */
  readUnlinkedAudit(limit: number): MaybePromise<readonly StoredAuditEvent[]>;
  /** All checkpoints, by sequence. */
  readAuditCheckpoints(): MaybePromise<readonly AuditCheckpoint[]>;
  /** Stores a checkpoint and deletes the events up to it. Returns how many it deleted. */
  pruneAudit(checkpoint: AuditCheckpoint): MaybePromise<number>;
}
