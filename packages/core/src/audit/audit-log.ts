import type { JsonValue } from "../json.ts";
import { checkFields, checkPageSize, checkText } from "../keys/input.ts";
import type { AuditStore } from "../store/audit-store.ts";
import type { ActorLevel, AuditAction, StoredAuditEvent } from "./audit-event.ts";

/** An audit event: who did what to which key or owner, when and from where. */
export interface AuditEvent {
  readonly id: string;
  readonly at: Date;
  readonly action: AuditAction;
  /** The key it is about. */
  readonly keyId?: string;
  /** The owner it is about, or of the key. */
  readonly ownerId?: string;
  readonly actor: string;
  readonly level: ActorLevel;
  /** The network address of the actor, where there is one. */
  readonly address?: string;
  /** What the action was given, and `changes` by field: `{ before, after }`. */
  readonly details: Readonly<Record<string, JsonValue>>;
}

/** Which audit events to list. Default: all. */
export interface ListAuditQuery {
  readonly keyId?: string | undefined;
  /** Events of an owner and of its keys. */
  readonly ownerId?: string | undefined;
  /** `nextCursor` of the previous page. */
  readonly cursor?: string | undefined;
  /** Events per page, 1 to 1000. Default: 50. */
  readonly limit?: number | undefined;
}

/** A page of audit events, newest first. */
export interface AuditPageResult {
  readonly events: readonly AuditEvent[];
  /** Where the next page begins; absent on the last. */
  readonly nextCursor?: string;
}

/** The audit log. Events are never changed. */
export interface AuditLog {
  /** Lists events, newest first. */
  list(query?: ListAuditQuery): Promise<AuditPageResult>;
}

function toAuditEvent({ at, keyId, ownerId, address, ...event }: StoredAuditEvent): AuditEvent {
  return {
    ...event,
    at: new Date(at),
    ...(keyId !== null && { keyId }),
    ...(ownerId !== null && { ownerId }),
    ...(address !== null && { address }),
  };
}

export function createAuditLog(store: AuditStore): AuditLog {
  return {
    async list(query = {}) {
      checkFields(query, ["keyId", "ownerId", "cursor", "limit"], "audit.list");
      const limit = checkPageSize(query.limit ?? 50);
      const text = (field: "keyId" | "ownerId" | "cursor") =>
        query[field] === undefined ? undefined : checkText(query[field], field);
      const filter = { keyId: text("keyId"), ownerId: text("ownerId") };
      const found = await store.listAudit(filter, { before: text("cursor"), limit: limit + 1 });
      const events = found.slice(0, limit).map(toAuditEvent);
      const last = events.at(-1);
      return found.length > limit && last !== undefined ? { events, nextCursor: last.id } : { events };
    },
  };
}
