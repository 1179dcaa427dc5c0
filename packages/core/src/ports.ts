/**
 * Stores and limiters come from outside, and may return thenables of query builders or promises of another realm. Here,
 * where they are accepted, both become promises of this realm, so that nothing inside has to tell them apart.
 */
import type { KeyStore } from "./keys/store.ts";
import { isLocal, type Limiter } from "./limits/limiter.ts";
import { isThenable, type MaybePromise } from "./maybe-promise.ts";

function settle<T>(value: MaybePromise<T>): MaybePromise<T> {
  return value instanceof Promise || !isThenable(value) ? value : Promise.resolve(value);
}

export function adoptStore(store: KeyStore): KeyStore {
  const { watch } = store;
  return {
    durable: store.durable,
    findByDigest: (digest) => settle(store.findByDigest(digest)),
    find: (id) => settle(store.find(id)),
    list: (filter, page) => settle(store.list(filter, page)),
    insert: (record, audit) => settle(store.insert(record, audit)),
    change: (id, change, audit, guard) => settle(store.change(id, change, audit, guard)),
    replace: (id, change, successor, audit) => settle(store.replace(id, change, successor, audit)),
    listAudit: (filter, page) => settle(store.listAudit(filter, page)),
    addUsage: (batch) => settle(store.addUsage(batch)),
    queryUsage: (query) => settle(store.queryUsage(query)),
    dropUsage: (before) => settle(store.dropUsage(before)),
    readDaily: (day) => settle(store.readDaily(day)),
    ping: () => settle(store.ping()),
    close: async () => store.close(),
    ...(watch !== undefined && { watch: (changed) => watch.call(store, changed) }),
  };
}

/** A limiter of this process answers at once, and is used as it is: nothing is added to its way. */
export function adoptLimiter(limiter: Limiter): Limiter {
  if (isLocal(limiter)) return limiter;
  const { giveBack, status, onStatus, changes } = limiter;
  return {
    consume: (subject, limits, cost) => settle(limiter.consume(subject, limits, cost)),
    peek: (subject, limits) => settle(limiter.peek(subject, limits)),
    reset: (subject) => settle(limiter.reset(subject)),
    close: async () => limiter.close(),
    ...(giveBack !== undefined && {
      giveBack: (subject, limits, cost, admittedMs) =>
        settle(giveBack.call(limiter, subject, limits, cost, admittedMs)),
    }),
    ...(status !== undefined && { status: () => status.call(limiter) }),
    ...(onStatus !== undefined && { onStatus: (listener) => onStatus.call(limiter, listener) }),
    ...(changes !== undefined && { changes }),
  };
}
