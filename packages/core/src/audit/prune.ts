import { isDate } from "node:util/types";
import type { Clock } from "../clock.ts";
import { KeywardError } from "../errors.ts";
import { checkFields, checkObject } from "../keys/input.ts";
import type { AuditStore } from "../store/audit-store.ts";
import type { Actor } from "./audit-event.ts";
import { headOf, type AuditChain, type AuditCheckpoint, type AuditHead } from "./chain.ts";
import type { CreateAuditEvent } from "./events.ts";
import { linkPending, readCheckpoint, verifiedPages, type AuditProblem } from "./verify.ts";

/** Audit events to delete. */
export interface PruneAuditOptions {
  /** Events before this time are deleted. */
  readonly before: Date;
}

/** The result of a deletion. */
export interface PrunedAudit {
  readonly deleted: number;
  /** The place up to which events were deleted, now or before. */
  readonly checkpoint?: AuditHead;
}

interface PruneOptions {
  readonly store: AuditStore;
  readonly chain: AuditChain;
  readonly clock: Clock;
  readonly auditEvent: CreateAuditEvent;
}

/**
 * Deletes audit events before a time. The events are verified first, and a signed checkpoint takes their place, so that the rest of
 * the chain can still be verified.
 *
 * @throws KeywardError `invalid-input`, or `audit-damaged` if one of the events was edited, removed or inserted; nothing is deleted
 */
export async function pruneAudit(
  { store, chain, clock, auditEvent }: PruneOptions,
  options: PruneAuditOptions,
  by: Actor,
): Promise<PrunedAudit> {
  const before = checkBefore(options);
  const { checkpoint } = await readCheckpoint(store, chain);
  const last = await findLast(store, chain, checkpoint, before);
  if (last === undefined || last.sequence <= (checkpoint?.sequence ?? 0)) {
    if (checkpoint === undefined) return { deleted: 0 };
    // Finishes what an earlier call may have left.
    return { deleted: await store.pruneAudit(checkpoint), checkpoint: headOf(checkpoint) };
  }
  const next: AuditCheckpoint = chain.checkpointAt(last, clock());
  const details = { before: new Date(before).toISOString(), upTo: last.sequence };
  await store.appendAudit(auditEvent("audit.pruned", {}, by, details));
  return { deleted: await store.pruneAudit(next), checkpoint: headOf(next) };
}

function checkBefore(options: PruneAuditOptions): number {
  checkObject(options, "audit.prune", "an object such as { before: new Date(…) }");
  checkFields(options, ["before"], "audit.prune");
  const { before } = options;
  const at = isDate(before) ? before.getTime() : Number.NaN;
  if (Number.isFinite(at)) return at;
  throw new KeywardError("invalid-input", `before must be a valid Date; got ${String(before)}.`, {
    field: "before",
  });
}

function refuseDamage([problem]: readonly AuditProblem[]): void {
  if (problem !== undefined)
    throw new KeywardError("audit-damaged", `${problem.message} Nothing was deleted.`);
}

/** The last place before the first event that stays. */
async function findLast(
  store: AuditStore,
  chain: AuditChain,
  checkpoint: AuditHead | undefined,
  before: number,
): Promise<AuditHead | undefined> {
  refuseDamage(await linkPending(store, chain));
  let last: AuditHead | undefined;
  for await (const { linked, problems } of verifiedPages(store, chain, checkpoint)) {
    const stays = linked.findIndex(({ event }) => event.at >= before);
    const end = stays === -1 ? linked.length : stays;
    const until = linked[end - 1]?.link;
    refuseDamage(problems.filter(({ sequence = 0 }) => sequence <= (until?.sequence ?? 0)));
    last = until ?? last;
    if (stays !== -1) break;
  }
  return last;
}
