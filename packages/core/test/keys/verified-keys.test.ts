import { createKeyward, memoryStore, type AdmissionRequest, type Store } from "@keyward/core";
import type { KeyWithOwner, StoreChange } from "@keyward/core/store";
import { describe, expect, it } from "vitest";
import { countingStore } from "../counting-store.ts";
import { SECRET } from "../secrets.ts";

function request(key: string): AdmissionRequest {
  return { header: () => key, secure: true, ip: "203.0.113.1" };
}

/** A store whose look-ups wait until they are released, with the record as it was when they began. */
function slowStore() {
  const store = memoryStore();
  const waiting: (() => void)[] = [];
  const slow: Store = {
    ...store,
    async findByDigest(digest): Promise<KeyWithOwner | undefined> {
      const found = await store.findByDigest(digest);
      await new Promise<void>((resolve) => waiting.push(resolve));
      return found;
    },
  };
  return { slow, waiting, release: () => waiting.splice(0).forEach((resolve) => resolve()) };
}

const soon = () => new Promise((resolve) => setImmediate(resolve));

describe("the cache of verified keys", () => {
  it("returns decisions without a promise once a key is cached", async () => {
    const kw = createKeyward();
    const { secret } = await kw.keys.create({ name: "a" });
    await kw.admit(request(secret.reveal()));
    expect(kw.admit(request(secret.reveal()))).not.toBeInstanceOf(Promise);
  });

  it("looks a key up once for many concurrent requests", async () => {
    const { slow, waiting, release } = slowStore();
    const kw = createKeyward({ secret: SECRET, store: slow });
    const { secret } = await kw.keys.create({ name: "a" });
    const decisions = Array.from({ length: 50 }, () => kw.admit(request(secret.reveal())));
    await soon();
    expect(waiting).toHaveLength(1);
    release();
    expect((await Promise.all(decisions)).every(({ admitted }) => admitted)).toBe(true);
  });

  it("does not cache a look-up that was under way while its key was revoked", async () => {
    const { slow, release } = slowStore();
    const kw = createKeyward({ secret: SECRET, store: slow });
    const { key, secret } = await kw.keys.create({ name: "a" });
    const early = kw.admit(request(secret.reveal()));
    await soon();
    await kw.keys.revoke(key.id);
    release();
    await soon();
    release();
    expect(await early).toMatchObject({ admitted: false, problem: { code: "revoked-api-key" } });
    const late = kw.admit(request(secret.reveal()));
    await soon();
    release();
    expect(await late).toMatchObject({ admitted: false });
  });

  it("decides about a key that changes during each look-up, without caching it", async () => {
    const { slow, waiting, release } = slowStore();
    const kw = createKeyward({ secret: SECRET, store: slow });
    const { key, secret } = await kw.keys.create({ name: "a" });
    const decided = kw.admit(request(secret.reveal()));
    let rounds = 0;
    for (; rounds < 10; rounds += 1) {
      await soon();
      if (waiting.length === 0) break;
      await kw.keys.update(key.id, { name: `${rounds}` });
      release();
    }
    expect(rounds).toBe(3);
    expect(await decided).toMatchObject({ admitted: true });
    // The last record may be from before the last change: the next request looks the key up again.
    void kw.admit(request(secret.reveal()));
    await soon();
    expect(waiting).toHaveLength(1);
    release();
  });

  it("looks a key up again after its lifetime, and not before", async () => {
    let now = 0;
    const { store, lookUps } = countingStore();
    const kw = createKeyward({ store, clock: () => now, cache: { lifetimeMs: 5000 } });
    const { secret } = await kw.keys.create({ name: "a" });
    for (const [at, expected] of [
      [0, 1],
      [4999, 1],
      [5000, 2],
      [9999, 2],
      [10_000, 3],
      [9000, 4],
    ] as const) {
      now = at;
      await kw.admit(request(secret.reveal()));
      expect(lookUps(), `at ${at}`).toBe(expected);
    }
  });

  it("holds at most maxKeys keys, and all keys still work", async () => {
    const kw = createKeyward({ cache: { maxKeys: 2 } });
    const keys = await Promise.all(["a", "b", "c"].map((name) => kw.keys.create({ name })));
    for (const { key, secret } of [...keys, ...keys]) {
      expect(await kw.admit(request(secret.reveal()))).toMatchObject({
        admitted: true,
        key: { name: key.name },
      });
    }
  });

  it("evicts the least recently used key first, to the second", async () => {
    let now = 0;
    let lookUps: string[] = [];
    const store = memoryStore();
    const kw = createKeyward({
      secret: SECRET,
      clock: () => now,
      cache: { maxKeys: 2, lifetimeMs: 60_000 },
      store: { ...store, findByDigest: (digest) => (lookUps.push(digest), store.findByDigest(digest)) },
    });
    const [a, b, c] = [1, 2, 3].map((name) => kw.keys.create({ name: `${name}` }));
    const raw = async (created: typeof a) => (await (created as NonNullable<typeof a>)).secret.reveal();
    const ask = async (created: typeof a) => void (await kw.admit(request(await raw(created))));
    await ask(a);
    await ask(b);
    now = 1000;
    await ask(a);
    expect(lookUps).toHaveLength(2);
    await ask(c);
    lookUps = [];
    await ask(a);
    await ask(c);
    expect(lookUps).toEqual([]);
    await ask(b);
    expect(lookUps).toHaveLength(1);
  });

  it("revokes a key that was cached, evicted and cached again", async () => {
    const kw = createKeyward({ cache: { maxKeys: 1 } });
    const [a, b] = [await kw.keys.create({ name: "a" }), await kw.keys.create({ name: "b" })];
    for (const { secret } of [a, b, a]) await kw.admit(request(secret.reveal()));
    await kw.keys.revoke(a.key.id);
    expect(await kw.admit(request(a.secret.reveal()))).toMatchObject({ admitted: false });
  });
});

describe("changes of other processes", () => {
  it("have keys looked up again, and all keys where a change may have been missed", async () => {
    const { store, lookUps } = countingStore();
    let changed: (change: StoreChange | undefined) => void = () => {};
    let stopped = false;
    const kw = createKeyward({
      secret: SECRET,
      store: {
        ...store,
        watch(listener) {
          changed = listener;
          return () => void (stopped = true);
        },
      },
    });
    const [a, b] = [await kw.keys.create({ name: "a" }), await kw.keys.create({ name: "b" })];
    const askBoth = () => {
      for (const { secret } of [a, b]) void kw.admit(request(secret.reveal()));
    };
    askBoth();
    askBoth();
    expect(lookUps()).toBe(2);
    changed({ keyIds: [a.key.id] });
    askBoth();
    expect(lookUps()).toBe(3);
    changed(undefined);
    askBoth();
    askBoth();
    expect(lookUps()).toBe(5);
    await kw.close();
    expect(stopped).toBe(true);
  });
});

describe("a key store that is down", () => {
  /** A store that responds, fails or hangs, and a clock. */
  async function unsteadyStore(staleForMs = 60_000) {
    const state = { now: 0, mode: "up" as "up" | "down" | "hangs", lookUps: 0, failures: 0 };
    const hanging: ((error: Error) => void)[] = [];
    const store = memoryStore();
    const unsteady: Store = {
      ...store,
      findByDigest(digest) {
        state.lookUps += 1;
        if (state.mode === "down") throw new Error("down");
        if (state.mode === "up") return store.findByDigest(digest);
        return new Promise((_resolve, reject) => hanging.push(reject));
      },
    };
    const kw = createKeyward({
      secret: SECRET,
      store: unsteady,
      clock: () => state.now,
      cache: { lifetimeMs: 5000, staleForMs },
      events: { "store.failed": () => (state.failures += 1) },
    });
    const { key, secret } = await kw.keys.create({ name: "a" });
    const ask = async (raw = secret.reveal()) => {
      const decision = await kw.admit(request(raw));
      return decision.admitted ? "admitted" : decision.problem.code;
    };
    expect(await ask()).toBe("admitted");
    return {
      kw,
      key,
      ask,
      state,
      endHanging: () => hanging.splice(0).forEach((end) => end(new Error("late"))),
    };
  }

  it("is replaced by cached records for staleForMs, and no longer", async () => {
    const { ask, state } = await unsteadyStore(60_000);
    state.mode = "down";
    for (const [at, expected] of [
      [4999, "admitted"],
      [5000, "admitted"],
      [64_999, "admitted"],
      [65_000, "key-store-unavailable"],
    ] as const) {
      state.now = at;
      expect(await ask(), `at ${at}`).toBe(expected);
    }
  });

  it("causes no 401 for a key that was never seen, and reactivates no revoked key", async () => {
    const { kw, key, ask, state } = await unsteadyStore();
    const other = await kw.keys.create({ name: "b" });
    await kw.keys.revoke(key.id);
    expect(await ask()).toBe("revoked-api-key");
    state.mode = "down";
    state.now = 6000;
    expect(await ask()).toBe("revoked-api-key");
    expect(await ask(other.secret.reveal())).toBe("key-store-unavailable");
  });

  it("delays a cached key by 100 ms if it hangs, and the next one not at all", async () => {
    const { ask, state } = await unsteadyStore();
    state.mode = "hangs";
    state.now = 5000;
    const startedAt = performance.now();
    expect(await ask()).toBe("admitted");
    const firstAt = performance.now();
    expect(firstAt - startedAt).toBeLessThan(1000);
    expect(await ask()).toBe("admitted");
    expect(performance.now() - firstAt).toBeLessThan(90);
  });

  it("is asked again once a second, and delays one request if it hangs", async () => {
    const { ask, state, endHanging } = await unsteadyStore();
    state.mode = "hangs";
    state.now = 5000;
    const first = ask();
    await soon();
    expect(state.lookUps).toBe(2);
    endHanging();
    expect(await first).toBe("admitted");
    for (let times = 0; times < 100; times += 1) {
      state.now += 25;
      expect(await ask()).toBe("admitted");
    }
    expect(state.lookUps).toBe(4);
    endHanging();
    await soon();
    // Two of the three failed at one time.
    expect(state.failures).toBe(2);
  });

  it("is reported once a second, however many look-ups fail", async () => {
    const { kw, ask, state } = await unsteadyStore();
    const unknown = (await kw.keys.create({ name: "b" })).secret.reveal();
    state.mode = "down";
    for (let times = 0; times < 50; times += 1) {
      state.now += 100;
      expect(await ask(unknown)).toBe("key-store-unavailable");
    }
    expect(state.failures).toBe(5);
  });

  it("is used again as soon as it responds", async () => {
    const { ask, state } = await unsteadyStore();
    state.mode = "down";
    state.now = 5000;
    expect(await ask()).toBe("admitted");
    state.mode = "up";
    state.now = 6000;
    await ask();
    const asked = state.lookUps;
    state.now = 6001;
    expect(await ask()).toBe("admitted");
    expect(state.lookUps).toBe(asked);
  });
});
