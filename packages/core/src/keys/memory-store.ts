import { KeywardError } from "../errors.ts";
import type { DailyCount } from "../limits/limiter.ts";
import { addToTally, emptyTally, HOUR_MS, mergeUsage, type UsageTally } from "../usage/usage.ts";
import type { AuditEntry } from "./audit.ts";
import { foldCase } from "./listing.ts";
import { statusOf, type KeyRecord } from "./record.ts";
import type { ChangeGuard, ChangeOutcome, KeyFilter, KeyListPage, KeyStore, Page } from "./store.ts";

/** One page of entries whose ids grow with time, newest first. */
function pageOf<T extends { readonly id: string }>(entries: Iterable<T>, page: Page): T[] {
  const { before } = page;
  return [...entries]
    .filter((entry) => before === undefined || entry.id < before)
    .toSorted((a, b) => (a.id < b.id ? 1 : -1))
    .slice(0, page.limit);
}

/** What is compared of keys, in the order of bytes. */
type Sorted = Pick<KeyRecord, "id" | "name" | "lastUsedAt">;

const ORDERS: Readonly<Record<KeyListPage["order"], (a: Sorted, b: Sorted) => number>> = {
  newest: (a, b) => compareBytes(b.id, a.id),
  name: (a, b) => compareBytes(foldCase(a.name), foldCase(b.name)) || compareBytes(a.id, b.id),
  "last-used": (a, b) => (b.lastUsedAt ?? 0) - (a.lastUsedAt ?? 0) || compareBytes(b.id, a.id),
};

function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function fits(record: KeyRecord, { ownerId, plan, status, search }: KeyFilter): boolean {
  return (
    (ownerId === undefined || record.ownerId === ownerId) &&
    (plan === undefined || record.plan === plan) &&
    (status === undefined || statusOf(record, status.now) === status.is) &&
    (search === undefined ||
      [record.name, record.ownerId, record.masked].some((text) => foldCase(text).includes(foldCase(search))))
  );
}

/**
 * A store that is gone with the process: for tests and first steps. Synchronous.
 *
 * @example
 * ```ts
 * const kw = createKeyward({ store: memoryStore() });
 * ```
 */
export function memoryStore(): KeyStore {
  const records = new Map<string, KeyRecord>();
  const idByDigest = new Map<string, string>();
  const idByRequest = new Map<string, string>();
  const audit: AuditEntry[] = [];
  const usage = new Map<string, Map<number, UsageTally>>();
  const daily = new Map<string, DailyCount>();

  function put(record: KeyRecord): void {
    records.set(record.id, Object.freeze(record));
    idByDigest.set(record.digest, record.id);
    if (record.idempotencyKey !== null) idByRequest.set(record.idempotencyKey, record.id);
  }

  function refuseKnown(record: KeyRecord): void {
    if (records.has(record.id) || idByDigest.has(record.digest)) {
      throw new KeywardError(
        "key-conflict",
        `A key with the id ${record.id}, or with its digest, exists already.`,
      );
    }
  }

  function check(id: string, { unlessReplaced = false, ifRevision }: ChangeGuard): ChangeOutcome {
    const record = records.get(id);
    if (record === undefined) return { outcome: "not-found" };
    const refused =
      record.revokedAt !== null ||
      (unlessReplaced && record.rotatedTo !== null) ||
      (ifRevision !== undefined && record.revision !== ifRevision);
    return { outcome: refused ? "refused" : "changed", record };
  }

  return {
    durable: false,
    findByDigest: (digest) => records.get(idByDigest.get(digest) ?? ""),
    find: (id) => records.get(id),
    list(filter, { order, after, limit }) {
      const compare = ORDERS[order];
      return [...records.values()]
        .filter((record) => fits(record, filter) && (after === undefined || compare(after, record) < 0))
        .toSorted(compare)
        .slice(0, limit);
    },
    insert(record, entry) {
      const earlier = idByRequest.get(record.idempotencyKey ?? "");
      if (earlier !== undefined) return records.get(earlier);
      refuseKnown(record);
      put(record);
      audit.push(entry);
      return undefined;
    },
    change(id, change, entry, guard) {
      const checked = check(id, guard ?? {});
      if (checked.outcome !== "changed") return checked;
      const record = { ...checked.record, ...change, revision: checked.record.revision + 1 };
      put(record);
      audit.push(entry);
      return { outcome: "changed", record };
    },
    replace({ id, revision }, change, successor, entries) {
      const checked = check(id, { unlessReplaced: true, ifRevision: revision });
      if (checked.outcome !== "changed") return checked;
      refuseKnown(successor);
      const record = { ...checked.record, ...change, revision: checked.record.revision + 1 };
      put(record);
      put(successor);
      audit.push(...entries);
      return { outcome: "changed", record };
    },
    listAudit({ keyId, ownerId }, page) {
      const wanted = audit.filter(
        (entry) =>
          (keyId === undefined || entry.keyId === keyId) &&
          (ownerId === undefined || records.get(entry.keyId)?.ownerId === ownerId),
      );
      return pageOf(wanted, page);
    },
    addUsage(batch) {
      for (const count of batch.usage) {
        const hours = usage.get(count.keyId) ?? new Map<number, UsageTally>();
        usage.set(count.keyId, hours);
        const tally = hours.get(count.hour) ?? emptyTally(count.hour);
        hours.set(count.hour, tally);
        addToTally(tally, count);
      }
      for (const { keyId, at, address } of batch.lastUses) {
        const record = records.get(keyId);
        if (record !== undefined && at > (record.lastUsedAt ?? 0)) {
          put({ ...record, lastUsedAt: at, lastUsedAddress: address });
        }
      }
      for (const { subject, day, used } of batch.daily) {
        const name = `${day} ${subject}`;
        daily.set(name, { subject, day, used: used + (daily.get(name)?.used ?? 0) });
      }
    },
    queryUsage({ from, to, ...whose }) {
      const keyIds =
        "keyId" in whose
          ? [whose.keyId]
          : [...records.values()].filter((r) => r.ownerId === whose.ownerId).map(({ id }) => id);
      const hours = keyIds
        .flatMap((keyId) => [...(usage.get(keyId)?.values() ?? [])])
        .filter(({ hour }) => hour >= from && hour < to);
      return mergeUsage(hours, HOUR_MS);
    },
    dropUsage(before) {
      for (const hours of usage.values()) {
        for (const hour of hours.keys()) if (hour < before) hours.delete(hour);
      }
    },
    readDaily(day) {
      for (const [name, entry] of daily) if (entry.day < day - 1) daily.delete(name);
      return [...daily.values()].filter((entry) => entry.day === day);
    },
    ping() {},
    async close() {},
  };
}
