import { memoryStore, type KeyStore } from "@keyward/core";

/** A store in memory that tells how often it was asked for a key. */
export function countingStore() {
  const store = memoryStore();
  let lookUps = 0;
  const counting: KeyStore = {
    ...store,
    findByDigest: (digest) => ((lookUps += 1), store.findByDigest(digest)),
  };
  return { store: counting, lookUps: () => lookUps };
}
