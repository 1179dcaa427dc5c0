import type { StoredAuditEvent } from "../audit/audit-event.ts";
import type { AuditChain, AuditCheckpoint, AuditHead, LinkedAuditEvent } from "../audit/chain.ts";
import type { AuditFilter, AuditPage, AuditStore } from "./audit-store.ts";

/** One page of events whose ids grow with time, newest first. */
function pageOf(events: readonly StoredAuditEvent[], { before, limit }: AuditPage): StoredAuditEvent[] {
  return events
    .filter(({ id }) => before === undefined || id < before)
    .toSorted((a, b) => (a.id < b.id ? 1 : -1))
    .slice(0, limit);
}

function matches(event: StoredAuditEvent, { from, to, ...fields }: AuditFilter): boolean {
  if (from !== undefined && event.at < from) return false;
  if (to !== undefined && event.at >= to) return false;
  return Object.entries(fields).every(
    ([field, value]) => value === undefined || event[field as keyof typeof fields] === value,
  );
}

/** The audit events of a store in memory. */
export interface MemoryAudit extends AuditStore {
  append(events: readonly StoredAuditEvent[]): void;
}

export function memoryAudit(): MemoryAudit {
  /** In the order of the chain. */
  let linked: LinkedAuditEvent[] = [];
  let unlinked: StoredAuditEvent[] = [];
  const checkpoints: AuditCheckpoint[] = [];
  let chain: AuditChain | undefined;

  function head(): AuditHead | undefined {
    return linked.at(-1)?.link ?? checkpoints.at(-1);
  }

  function linkAudit(): number {
    if (chain === undefined) return 0;
    const skipped: StoredAuditEvent[] = [];
    const before = unlinked.length;
    for (const event of unlinked) {
      if (chain.isGenuine(event)) linked.push({ event, link: chain.linkAfter(head(), event) });
      else skipped.push(event);
    }
    unlinked = skipped;
    return before - skipped.length;
  }

  function append(events: readonly StoredAuditEvent[]): void {
    unlinked.push(...events);
    linkAudit();
  }

  /** The index of the first event after a place. */
  function indexAfter(sequence: number): number {
    const first = linked[0]?.link.sequence ?? 1;
    return Math.max(0, sequence - first + 1);
  }

  return {
    append,
    appendAudit: (event) => append([event]),
    linkAudit,
    useAuditChain(newChain) {
      chain = newChain;
    },
    listAudit(filter, page) {
      const events = [...linked.map(({ event }) => event), ...unlinked];
      return pageOf(
        events.filter((event) => matches(event, filter)),
        page,
      );
    },
    readAuditChain(after, limit) {
      const from = indexAfter(after);
      return linked.slice(from, from + limit);
    },
    readUnlinkedAudit: (limit) => unlinked.slice(0, limit),
    readAuditCheckpoints: () => [...checkpoints],
    pruneAudit(checkpoint) {
      if (checkpoint.sequence > (checkpoints.at(-1)?.sequence ?? 0)) checkpoints.push(checkpoint);
      const before = linked.length;
      linked = linked.slice(indexAfter(checkpoint.sequence));
      return before - linked.length;
    },
  };
}
