import { memoryStore, type Store } from "@keyward/core";

/** A store in memory that counts how often keys are looked up by digest. */
export function countingStore() {
  const store = memoryStore();
  let lookUps = 0;
  const counting: Store = {
    ...store,
    findByDigest: (digest) => ((lookUps += 1), store.findByDigest(digest)),
  };
  return { store: counting, lookUps: () => lookUps };
}
