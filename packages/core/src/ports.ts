/**
 * Stores and limiters come from outside, and may return thenables of query builders or promises of another realm. Here,
 * where they are accepted, both become promises of this realm, so that nothing inside has to tell them apart.
 */
import { isId } from "./keys/ids.ts";
import { isLocal, type Limiter } from "./limits/limiter.ts";
import { isThenable, type MaybePromise } from "./maybe-promise.ts";
import type { Store } from "./store/store.ts";

function settle<T>(value: MaybePromise<T>): MaybePromise<T> {
  return value instanceof Promise || !isThenable(value) ? value : Promise.resolve(value);
}

export function adoptStore(store: Store): Store {
  const { watch } = store;
  return {
    durable: store.durable,
    findByDigest: (digest) => settle(store.findByDigest(digest)),
    // Text of another form may be a whole key, or text that a database rejects.
    find: (id) => (isId(id) ? settle(store.find(id)) : undefined),
    list: (filter, page) => settle(store.list(filter, page)),
    count: (filter) => settle(store.count(filter)),
    insert: (record, event, bounds) => settle(store.insert(record, event, bounds)),
    change: (id, change, event, guard) => settle(store.change(id, change, event, guard)),
    replace: (id, change, successor, replacement) =>
      settle(store.replace(id, change, successor, replacement)),
    findOwner: (id) => settle(store.findOwner(id)),
    listOwners: (page) => settle(store.listOwners(page)),
    changeOwner: (initial, change, event, guard) => settle(store.changeOwner(initial, change, event, guard)),
    listAudit: (filter, page) => settle(store.listAudit(filter, page)),
    appendAudit: (event) => settle(store.appendAudit(event)),
    useAuditChain: (chain) => store.useAuditChain(chain),
    linkAudit: () => settle(store.linkAudit()),
    readAuditChain: (after, limit) => settle(store.readAuditChain(after, limit)),
    readUnlinkedAudit: (limit) => settle(store.readUnlinkedAudit(limit)),
    readAuditCheckpoints: () => settle(store.readAuditCheckpoints()),
    pruneAudit: (checkpoint) => settle(store.pruneAudit(checkpoint)),
    addUsage: (batch) => settle(store.addUsage(batch)),
    queryUsage: (selection) => settle(store.queryUsage(selection)),
    listNetworks: (lineageId, since) => settle(store.listNetworks(lineageId, since)),
    claimTags: (whose, tags, bounds) => settle(store.claimTags(whose, tags, bounds)),
    dropUsage: (age) => settle(store.dropUsage(age)),
    addCounts: (counts) => settle(store.addCounts(counts)),
    readCounts: (subjects, now) => settle(store.readCounts(subjects, now)),
    deleteCounts: (subject) => settle(store.deleteCounts(subject)),
    dropCounts: (endedBefore) => settle(store.dropCounts(endedBefore)),
    readSecretChecks: () => settle(store.readSecretChecks()),
    addSecretCheck: (value) => settle(store.addSecretCheck(value)),
    insertSession: (session, event) => settle(store.insertSession(session, event)),
    findSession: (digest) => settle(store.findSession(digest)),
    listSessions: (now) => settle(store.listSessions(now)),
    extendSession: (id, extension) => settle(store.extendSession(id, extension)),
    deleteSession: (id, event) => settle(store.deleteSession(id, event)),
    claim: (name, until) => settle(store.claim(name, until)),
    dropClaims: (endedBefore) => settle(store.dropClaims(endedBefore)),
    ping: () => settle(store.ping()),
    close: async () => store.close(),
    ...(watch !== undefined && { watch: (changed) => watch.call(store, changed) }),
  };
}

/** A limiter of this process returns values, and is used unchanged: nothing is added to its way. */
export function adoptLimiter(limiter: Limiter): Limiter {
  if (isLocal(limiter)) return limiter;
  const { consumeAll, correct, status, ping, onStatus } = limiter;
  return {
    consume: (subject, limits, cost) => settle(limiter.consume(subject, limits, cost)),
    peek: (subject, limits) => settle(limiter.peek(subject, limits)),
    reset: (subject) => settle(limiter.reset(subject)),
    close: async () => limiter.close(),
    ...(consumeAll !== undefined && { consumeAll: (charges) => settle(consumeAll.call(limiter, charges)) }),
    ...(correct !== undefined && { correct: (corrections) => settle(correct.call(limiter, corrections)) }),
    ...(status !== undefined && { status: () => status.call(limiter) }),
    ...(ping !== undefined && { ping: () => settle(ping.call(limiter)) }),
    ...(onStatus !== undefined && { onStatus: (listener) => onStatus.call(limiter, listener) }),
  };
}
