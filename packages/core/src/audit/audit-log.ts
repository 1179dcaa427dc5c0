import { checkChoice, checkFields, checkPageSize, checkText, checkTime } from "../keys/input.ts";
import type { AuditFilter, AuditStore } from "../store/audit-store.ts";
import type { Clock } from "../clock.ts";
import { guardCalls } from "../guard-calls.ts";
import { AUDIT_ACTIONS, type Actor, type ActorLevel, type AuditAction } from "./audit-event.ts";
import type { AuditChain } from "./chain.ts";
import type { CreateAuditEvent } from "./events.ts";
import { exportAudit, type ExportAuditOptions } from "./export.ts";
import { toAuditEvent, type AuditEvent } from "./public-event.ts";
import { pruneAudit, type PruneAuditOptions, type PrunedAudit } from "./prune.ts";
import { verifyAudit, type AuditVerification, type VerifyAuditOptions } from "./verify.ts";

/** Filter of audit events. Default: all. */
export interface ListAuditQuery {
  readonly keyId?: string | undefined;
  /** Events of an owner and of its keys. */
  readonly ownerId?: string | undefined;
  readonly action?: AuditAction | undefined;
  /** The name of who did it. */
  readonly actor?: string | undefined;
  /** Events by customers (`owner`), or by operators. */
  readonly level?: ActorLevel | undefined;
  /** Events at this time and later. */
  readonly from?: Date | undefined;
  /** Events before this time. */
  readonly to?: Date | undefined;
  /** `nextCursor` of the previous page. */
  readonly cursor?: string | undefined;
  /** Events per page, 1 to 1000. Default: 50. */
  readonly limit?: number | undefined;
}

const LIST_FIELDS = ["keyId", "ownerId", "action", "actor", "level", "from", "to", "cursor", "limit"];
const LEVELS: readonly ActorLevel[] = ["owner", "operator"];

function checkFilter({ level, from, to, ...query }: ListAuditQuery): AuditFilter {
  const text = (field: "keyId" | "ownerId" | "actor") =>
    query[field] === undefined ? undefined : checkText(query[field], field);
  if (level !== undefined) checkChoice(level, "level", LEVELS);
  return {
    keyId: text("keyId"),
    ownerId: text("ownerId"),
    action: query.action === undefined ? undefined : checkChoice(query.action, "action", AUDIT_ACTIONS),
    actor: text("actor"),
    level,
    from: from === undefined ? undefined : checkTime(from, "from"),
    to: to === undefined ? undefined : checkTime(to, "to"),
  };
}

/** A page of audit events, newest first. */
export interface AuditPageResult {
  readonly events: readonly AuditEvent[];
  /** Cursor of the next page; absent on the last page. */
  readonly nextCursor?: string;
}

/** The audit log. Events are never changed. */
export interface AuditLog {
  /** Lists events, newest first. */
  list(query?: ListAuditQuery): Promise<AuditPageResult>;
  /**
   * Finds events that were edited, removed or inserted without Keyward. What it cannot find is that the newest events were removed: save the
   * `head`, and pass it as `since` the next time.
   */
  verify(options?: VerifyAuditOptions): Promise<AuditVerification>;
  /** The events as JSON Lines, the oldest first, each with its place in the chain. */
  export(options?: ExportAuditOptions): AsyncIterable<string>;
  /**
   * Deletes events before a time, after verifying them. A signed checkpoint takes their place, so that the rest can still be verified.
   *
   * Rejects with `audit-damaged` if one of them was edited, removed or inserted. Then nothing is deleted.
   */
  prune(options: PruneAuditOptions, by?: Actor): Promise<PrunedAudit>;
}

/** Dependencies of the audit log. */
export interface AuditLogOptions {
  readonly store: AuditStore;
  readonly chain: AuditChain;
  readonly clock: Clock;
  readonly auditEvent: CreateAuditEvent;
  /** Rejects if no call may be made. */
  readonly ready: () => Promise<void>;
}

export function createAuditLog(options: AuditLogOptions): AuditLog {
  const { store, chain, ready } = options;
  const calls = {
    async list(query: ListAuditQuery = {}): Promise<AuditPageResult> {
      checkFields(query, LIST_FIELDS, "audit.list");
      const limit = checkPageSize(query.limit ?? 50);
      const before = query.cursor === undefined ? undefined : checkText(query.cursor, "cursor");
      const found = await store.listAudit(checkFilter(query), { before, limit: limit + 1 });
      const events = found.slice(0, limit).map(toAuditEvent);
      const last = events.at(-1);
      return found.length > limit && last !== undefined ? { events, nextCursor: last.id } : { events };
    },
    verify: async (which?: VerifyAuditOptions) => verifyAudit(store, chain, which),
    prune: async (which: PruneAuditOptions, by: Actor = {}) => pruneAudit(options, which, by),
  };
  return {
    ...guardCalls(calls, ready),
    async *export(which = {}) {
      await ready();
      yield* exportAudit(store, chain, which);
    },
  };
}
