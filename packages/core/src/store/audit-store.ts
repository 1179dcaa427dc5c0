import type { StoredAuditEvent } from "../audit/audit-event.ts";
import type { MaybePromise } from "../maybe-promise.ts";

/** Which audit events to list: those of a key, or those of an owner and its keys. */
export interface AuditFilter {
  readonly keyId?: string | undefined;
  readonly ownerId?: string | undefined;
}

/** A page of a listing, newest first. `before` is the id of the last event of the page before. */
export interface AuditPage {
  readonly before?: string | undefined;
  readonly limit: number;
}

/** Reads audit events. They are written by the calls of `KeyStore` that change something, and by `appendAudit`. */
export interface AuditStore {
  listAudit(filter: AuditFilter, page: AuditPage): MaybePromise<readonly StoredAuditEvent[]>;
  /** Stores an event that belongs to no change of a key or an owner. */
  appendAudit(event: StoredAuditEvent): MaybePromise<void>;
}
