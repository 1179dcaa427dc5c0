import { KeywardError } from "../errors.ts";
import { foldCase } from "../keys/listing.ts";
import { statusOf, type KeyRecord } from "../keys/record.ts";
import type { PeriodCount } from "../limits/limiter.ts";
import { newOwner, type OwnerRecord } from "../owners/owner.ts";
import { hasEnded, type SessionRecord } from "../sessions/session.ts";
import type { ChangeGuard, ChangeOutcome, KeyFilter, KeyListPage } from "./key-store.ts";
import { memoryAudit } from "./memory-audit.ts";
import { memoryUsage } from "./memory-usage.ts";
import { MAX_LISTED_SESSIONS } from "./session-store.ts";
import type { Store } from "./store.ts";

/** The fields of keys that orders compare. */
type Sorted = Pick<KeyRecord, "id" | "name" | "lastUsedAt">;

const ORDERS: Readonly<Record<KeyListPage["order"], (a: Sorted, b: Sorted) => number>> = {
  newest: (a, b) => compareBytes(b.id, a.id),
  name: (a, b) => compareBytes(foldCase(a.name), foldCase(b.name)) || compareBytes(a.id, b.id),
  "last-used": (a, b) => (b.lastUsedAt ?? 0) - (a.lastUsedAt ?? 0) || compareBytes(b.id, a.id),
};

function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function contains(texts: readonly (string | null)[], search: string | undefined): boolean {
  if (search === undefined) return true;
  const folded = foldCase(search);
  return texts.some((text) => text !== null && foldCase(text).includes(folded));
}

function matches(record: KeyRecord, filter: KeyFilter): boolean {
  const { ownerId, plan, status, search, environment, scope, lineageId } = filter;
  const { expiresBefore, createdBefore, unusedSince, isRotated } = filter;
  const { expiresAt, createdAt, lastUsedAt } = record;
  return (
    (ownerId === undefined || record.ownerId === ownerId) &&
    (lineageId === undefined || record.lineageId === lineageId) &&
    (plan === undefined || record.plan === plan) &&
    (environment === undefined || record.environment === environment) &&
    (scope === undefined || record.scopes.includes(scope)) &&
    (expiresBefore === undefined || (expiresAt !== null && expiresAt < expiresBefore)) &&
    (createdBefore === undefined || createdAt < createdBefore) &&
    (isRotated === undefined || isRotated === (record.rotatedTo !== null)) &&
    (unusedSince === undefined || Math.max(createdAt, lastUsedAt ?? 0) < unusedSince) &&
    (status === undefined || statusOf(record, status.now) === status.is) &&
    contains([record.name, record.ownerId, record.masked], search)
  );
}

/**
 * A store whose contents are lost when the process ends: for tests and first steps. Synchronous.
 *
 * @example
 * ```ts
 * const kw = createKeyward({ store: memoryStore() });
 * ```
 */
export function memoryStore(): Store {
  const records = new Map<string, KeyRecord>();
  const owners = new Map<string, OwnerRecord>();
  const idByDigest = new Map<string, string>();
  const idByRequest = new Map<string, string>();
  const { append, ...audit } = memoryAudit();
  const usage = memoryUsage();
  const counts = new Map<string, Map<string, PeriodCount>>();
  const secretChecks = new Set<string>();
  const sessions = new Map<string, SessionRecord>();
  const claims = new Map<string, number>();

  function put(record: KeyRecord): void {
    records.set(record.id, Object.freeze(record));
    idByDigest.set(record.digest, record.id);
    if (record.idempotencyKey !== null) idByRequest.set(record.idempotencyKey, record.id);
    const { ownerId } = record;
    if (ownerId !== null && !owners.has(ownerId)) owners.set(ownerId, newOwner(ownerId, record.createdAt));
  }

  function rejectDuplicate({ id, digest }: KeyRecord): void {
    if (records.has(id) || idByDigest.has(digest)) {
      throw new KeywardError("key-conflict", `A key with the id ${id} or with its digest exists already.`);
    }
  }

  /** The key lines of an owner that have a key which is neither revoked nor expired. */
  function countLines(ownerId: string, now: number): number {
    const open = [...records.values()].filter(
      (record) => record.ownerId === ownerId && !["revoked", "expired"].includes(statusOf(record, now)),
    );
    return new Set(open.map(({ lineageId }) => lineageId)).size;
  }

  function check(id: string, { unlessReplaced = false, ifRevision }: ChangeGuard): ChangeOutcome {
    const record = records.get(id);
    if (record === undefined) return { outcome: "not-found" };
    const isRefused =
      record.revokedAt !== null ||
      (unlessReplaced && record.rotatedTo !== null) ||
      (ifRevision !== undefined && record.revision !== ifRevision);
    return { outcome: isRefused ? "refused" : "changed", record };
  }

  return {
    durable: false,
    findByDigest(digest) {
      const key = records.get(idByDigest.get(digest) ?? "");
      if (key === undefined) return undefined;
      return { key, owner: key.ownerId === null ? undefined : owners.get(key.ownerId) };
    },
    find: (id) => records.get(id),
    list(filter, { order, after, limit }) {
      const compare = ORDERS[order];
      return [...records.values()]
        .filter((record) => matches(record, filter) && (after === undefined || compare(after, record) < 0))
        .toSorted(compare)
        .slice(0, limit);
    },
    count: (filter) => [...records.values()].filter((record) => matches(record, filter)).length,
    insert(record, event, bounds) {
      const earlier = records.get(idByRequest.get(record.idempotencyKey ?? "") ?? "");
      if (earlier !== undefined) return { outcome: "duplicate", record: earlier };
      rejectDuplicate(record);
      // A key without an owner is its own owner, so that there is nothing to count.
      const { ownerId } = record;
      if (bounds !== undefined && ownerId !== null && countLines(ownerId, bounds.now) >= bounds.maxKeys)
        return { outcome: "too-many" };
      put(record);
      append([event]);
      return { outcome: "inserted" };
    },
    change(id, change, event, guard) {
      const checked = check(id, guard ?? {});
      if (checked.outcome !== "changed") return checked;
      const record = { ...checked.record, ...change, revision: checked.record.revision + 1 };
      put(record);
      append([event(checked.record)]);
      return { outcome: "changed", record };
    },
    replace(id, change, successor, { events, ifRevision }) {
      const checked = check(id, { unlessReplaced: true, ifRevision });
      if (checked.outcome !== "changed") return checked;
      rejectDuplicate(successor);
      const record = { ...checked.record, ...change, revision: checked.record.revision + 1 };
      put(record);
      put(successor);
      append(events);
      return { outcome: "changed", record };
    },
    findOwner: (id) => owners.get(id),
    listOwners({ search, after, limit }) {
      return [...owners.values()]
        .filter(
          ({ id, name }) =>
            contains([id, name], search) && (after === undefined || compareBytes(after, id) < 0),
        )
        .toSorted((a, b) => compareBytes(a.id, b.id))
        .slice(0, limit);
    },
    changeOwner(initial, change, event, { ifRevision } = {}) {
      const existing = owners.get(initial.id);
      if (existing !== undefined && ifRevision !== undefined && existing.revision !== ifRevision) {
        return { outcome: "refused", record: existing };
      }
      const revision = existing === undefined ? initial.revision : existing.revision + 1;
      const record = Object.freeze({ ...(existing ?? initial), ...change, revision });
      owners.set(record.id, record);
      append([event(existing)]);
      return { outcome: "changed", record };
    },
    ...audit,
    addUsage(batch) {
      usage.add(batch.usage);
      for (const { keyId, at, address, network } of batch.lastUses) {
        const record = records.get(keyId);
        if (record !== undefined && network !== undefined) usage.addNetwork(keyId, { network, at });
        if (record !== undefined && at > (record.lastUsedAt ?? 0)) {
          put({ ...record, lastUsedAt: at, lastUsedAddress: address });
        }
      }
    },
    queryUsage: usage.query,
    listNetworks(lineageId, since) {
      const line = [...records.values()].filter((record) => record.lineageId === lineageId);
      return usage.networksOf(
        line.map(({ id }) => id),
        since,
      );
    },
    claimTags: usage.claimTags,
    dropUsage: usage.drop,
    addCounts(added) {
      for (const { subject, period, used } of added) {
        const existing = counts.get(subject) ?? new Map<string, PeriodCount>();
        counts.set(subject, existing);
        const name = `${period.quota} ${period.startMs}`;
        existing.set(name, { subject, period, used: used + (existing.get(name)?.used ?? 0) });
      }
    },
    readCounts: (subjects, now) =>
      subjects.flatMap((subject) =>
        [...(counts.get(subject)?.values() ?? [])].filter(({ period }) => period.endMs > now),
      ),
    deleteCounts(subject) {
      counts.delete(subject);
    },
    dropCounts(endedBefore) {
      for (const [subject, existing] of counts) {
        for (const [name, { period }] of existing) if (period.endMs < endedBefore) existing.delete(name);
        if (existing.size === 0) counts.delete(subject);
      }
    },
    readSecretChecks: () => [...secretChecks],
    addSecretCheck(value) {
      secretChecks.add(value);
    },
    insertSession(session, event) {
      for (const { id, ...each } of sessions.values()) {
        if (hasEnded(each, session.signedInAt)) sessions.delete(id);
      }
      sessions.set(session.id, Object.freeze(session));
      append([event]);
    },
    findSession: (digest) => [...sessions.values()].find((session) => session.digest === digest),
    listSessions: (now) =>
      [...sessions.values()]
        .filter((session) => !hasEnded(session, now))
        .toSorted((a, b) => compareBytes(b.id, a.id))
        .slice(0, MAX_LISTED_SESSIONS),
    extendSession(id, extension) {
      const session = sessions.get(id);
      if (session !== undefined) sessions.set(id, Object.freeze({ ...session, ...extension }));
    },
    deleteSession(id, event) {
      const isKnown = sessions.delete(id);
      if (isKnown) append([event]);
      return isKnown;
    },
    claim(name, until) {
      if (claims.has(name)) return false;
      claims.set(name, until);
      return true;
    },
    dropClaims(endedBefore) {
      for (const [name, until] of claims) if (until < endedBefore) claims.delete(name);
    },
    ping() {},
    async close() {},
  };
}
