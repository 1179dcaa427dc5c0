import {
  createKeyward,
  memoryLimiter,
  memoryStore,
  type ChangeFeed,
  type Decision,
  type KeywardOptions,
  type Limiter,
  type Store,
} from "@keyward/core";
import type { LocalLimiter } from "@keyward/core/limiter";
import type { PeriodCount, StoreChange } from "@keyward/core/store";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ask, DAY_MS, HOUR_MS, NOON } from "../admission/set-up.ts";
import { SECRET } from "../secrets.ts";

/** A store that outlives its Keyward, and whose counts can be slow or unavailable. */
function durableStore() {
  const memory = memoryStore();
  const state = {
    reads: [] as (readonly string[])[],
    isDown: false,
    isReadOnly: false,
    /** Set while reads are to wait. */
    waiting: undefined as (() => void)[] | undefined,
  };
  const store: Store = {
    ...memory,
    durable: true,
    async readCounts(subjects, now) {
      state.reads.push(subjects);
      // As they are when the read begins.
      const counts = await memory.readCounts(subjects, now);
      if (state.waiting !== undefined) await new Promise<void>((resolve) => state.waiting?.push(resolve));
      if (state.isDown) throw new Error("down");
      return counts;
    },
    addCounts(counts) {
      if (state.isDown || state.isReadOnly) throw new Error("read-only");
      return memory.addCounts(counts);
    },
  };
  return {
    store,
    state,
    /** Completes pending and future reads. */
    release() {
      const waiting = state.waiting ?? [];
      state.waiting = undefined;
      for (const resolve of waiting) resolve();
    },
    /** Stored counts by subject and quota. */
    async stored(subjects: readonly string[], now = NOON) {
      const counts = await memory.readCounts(subjects, now);
      return Object.fromEntries(
        counts.map(({ subject, period, used }) => [`${subject} ${period.quota}`, used]),
      );
    },
  };
}

interface Started extends KeywardOptions {
  readonly now?: () => number;
}

function start(store: Store, { now = () => NOON, ...options }: Started = {}) {
  const failures: string[] = [];
  const kw = createKeyward({
    secret: SECRET,
    store,
    clock: now,
    plans: { default: { daily: 10 } },
    events: { "store.failed": ({ during }) => void failures.push(during) },
    ...options,
  });
  return { kw, failures, ask: (key: string, more = {}) => ask(kw, { key, ...more }) };
}

const turns = async (count = 5) => {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

async function createKeys(store: Store, count: number, input = {}): Promise<{ id: string; raw: string }[]> {
  const { kw } = start(store);
  const keys: { id: string; raw: string }[] = [];
  for (let number = 0; number < count; number += 1) {
    const { key, secret } = await kw.keys.create({ name: `${number}`, ...input });
    keys.push({ id: key.id, raw: secret.reveal() });
  }
  await kw.close();
  return keys;
}

async function createKey(store: Store, input = {}): Promise<{ id: string; raw: string }> {
  const [key] = await createKeys(store, 1, input);
  return key as { id: string; raw: string };
}

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => void vi.useRealTimers());

describe("counts in a durable store", () => {
  it("are there after a restart, before the first request is decided", async () => {
    const { store, stored } = durableStore();
    const { id, raw } = await createKey(store);
    const before = start(store);
    for (let times = 0; times < 9; times += 1) await before.ask(raw);
    await before.kw.close();
    expect(await stored([`k:${id}`])).toEqual({ [`k:${id} daily`]: 9 });
    const after = start(store);
    const decisions = await Promise.all([after.ask(raw), after.ask(raw)]);
    expect(decisions.map(({ admitted }) => admitted)).toEqual([true, false]);
    expect((await after.kw.quota({ id })).remaining).toEqual({ daily: 0 });
    await after.kw.close();
    expect(await stored([`k:${id}`])).toEqual({ [`k:${id} daily`]: 10 });
  });

  it("are not changed by restarts without requests", async () => {
    const { store, stored } = durableStore();
    const { id, raw } = await createKey(store);
    for (let used = 1; used <= 3; used += 1) {
      const { kw, ask: request } = start(store);
      expect((await kw.quota({ id })).remaining).toEqual({ daily: 11 - used });
      await request(raw);
      await kw.close();
      const idle = start(store);
      expect((await idle.kw.quota({ id })).remaining).toEqual({ daily: 10 - used });
      await idle.kw.close();
      expect(await stored([`k:${id}`])).toEqual({ [`k:${id} daily`]: used });
    }
  });

  it("are kept for the key line, the owner, budgets and anonymous clients", async () => {
    const { store } = durableStore();
    const plans = {
      default: { daily: 10, owner: { monthly: 20 }, budgets: { search: { weekly: 5, hourly: 4 } } },
      visitors: { hourly: 3 },
    };
    const { id, raw } = await createKey(store, { ownerId: "acme" });
    const before = start(store, { plans });
    await before.ask(raw, { cost: 2, budgets: { search: 3 } });
    const successor = await before.kw.keys.rotate(id);
    for (let times = 0; times < 3; times += 1) await ask(before.kw, { anonymous: "visitors" });
    await before.kw.close();
    const after = start(store, { plans });
    const remaining = {
      daily: 8,
      "owner-monthly": 18,
      "search-hourly": 1,
      "search-weekly": 2,
    };
    expect((await after.kw.quota({ id })).remaining).toEqual(remaining);
    expect((await after.kw.quota(successor.key)).remaining).toEqual(remaining);
    expect(await ask(after.kw, { anonymous: "visitors" })).toMatchObject({ status: 429 });
    await after.kw.close();
  });

  it("are written half a second after a request", async () => {
    const { store, stored } = durableStore();
    const { id, raw } = await createKey(store);
    const { ask: request } = start(store);
    await request(raw);
    await vi.advanceTimersByTimeAsync(499);
    expect(await stored([`k:${id}`])).toEqual({});
    await vi.advanceTimersByTimeAsync(1);
    // A crash now loses nothing.
    const after = start(store);
    expect((await after.kw.quota({ id })).remaining).toEqual({ daily: 9 });
  });

  it("continue in their period if the plan has another time zone by now", async () => {
    const { store } = durableStore();
    const { id, raw } = await createKey(store);
    const before = start(store);
    await before.ask(raw, { cost: 10 });
    await before.kw.close();
    let now = NOON;
    const plans = { default: { daily: 10, timeZone: "Asia/Kathmandu" } };
    const after = start(store, { plans, now: () => now });
    expect((await after.kw.quota({ id })).resetMs).toEqual({ daily: 12 * HOUR_MS });
    // Midnight in Kathmandu.
    now = NOON + 6.25 * HOUR_MS;
    expect(await after.ask(raw)).toMatchObject({ admitted: false });
    now = NOON + 12 * HOUR_MS;
    expect(await after.ask(raw)).toMatchObject({ admitted: true });
    await after.kw.close();
  });

  it("have refunds and surcharges of settled requests", async () => {
    const { store, stored } = durableStore();
    const { id, raw } = await createKey(store);
    const { kw, ask: request } = start(store, { plans: { default: { daily: 100, monthly: 200 } } });
    const settle = async (decision: Decision, cost: number) => {
      if (decision.admitted) await decision.settle({ cost });
    };
    await settle(await request(raw, { cost: 50 }), 20);
    await settle(await request(raw, { cost: 5 }), 12);
    await kw.close();
    expect(await stored([`k:${id}`])).toEqual({ [`k:${id} daily`]: 32, [`k:${id} monthly`]: 32 });
  });

  it("are deleted two days after their period ended", async () => {
    const { store, stored } = durableStore();
    const { id, raw } = await createKey(store);
    let now = NOON;
    const { kw, ask: request } = start(store, { now: () => now });
    await request(raw);
    await kw.usage.flush();
    for (const [days, expected] of [
      [2.4, 1],
      [2.6, undefined],
    ] as const) {
      now = NOON + days * DAY_MS;
      await request(raw, { key: "nonsense" });
      await request(raw, { cost: 0 });
      await kw.usage.flush();
      expect((await stored([`k:${id}`], 0))[`k:${id} daily`]).toBe(expected);
    }
    await kw.close();
  });
});

describe("reading counts", () => {
  it("happens once per subject, together for the subjects of one turn", async () => {
    const { store, state } = durableStore();
    const keys = await createKeys(store, 501);
    const { ask: request } = start(store);
    const decisions = await Promise.all([...keys, ...keys].map(({ raw }) => request(raw)));
    expect(decisions.every(({ admitted }) => admitted)).toBe(true);
    for (const { raw } of keys) await request(raw);
    expect(state.reads.map(({ length }) => length)).toEqual([500, 1]);
    expect(new Set(state.reads.flat()).size).toBe(501);
  });

  it("delays a decision by at most 100 ms; late counts are added", async () => {
    const { store, state, stored, release } = durableStore();
    const { id, raw } = await createKey(store);
    const before = start(store);
    for (let times = 0; times < 7; times += 1) await before.ask(raw);
    await before.kw.close();
    state.waiting = [];
    const { kw, ask: request } = start(store);
    let decision: Decision | undefined;
    const decided = Promise.resolve(request(raw)).then((settled) => (decision = settled));
    await turns();
    await vi.advanceTimersByTimeAsync(99);
    expect(decision).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1);
    await decided;
    // Decided by the counts of this process.
    expect(decision?.headers["RateLimit"]).toContain('"daily";r=9;');
    // The requests that follow do not wait.
    expect((await request(raw)).headers["RateLimit"]).toContain('"daily";r=8;');
    release();
    await turns();
    expect((await request(raw)).headers["RateLimit"]).toContain('"daily";r=0;');
    expect((await request(raw)).admitted).toBe(false);
    await kw.close();
    expect(await stored([`k:${id}`])).toEqual({ [`k:${id} daily`]: 10 });
  });

  it("is retried every second while the store fails, and counts nothing twice", async () => {
    const { store, state, stored } = durableStore();
    const { id, raw } = await createKey(store);
    const before = start(store);
    for (let times = 0; times < 7; times += 1) await before.ask(raw);
    await before.kw.close();
    state.reads = [];
    state.isDown = true;
    const { kw, failures, ask: request } = start(store);
    const decided = request(raw);
    await turns();
    await vi.advanceTimersByTimeAsync(100);
    expect((await decided).headers["RateLimit"]).toContain('"daily";r=9;');
    // No other request waits for a store that fails.
    expect((await request(raw)).headers["RateLimit"]).toContain('"daily";r=8;');
    for (let second = 0; second < 3; second += 1) {
      await vi.advanceTimersByTimeAsync(1000);
      await turns();
    }
    expect(state.reads).toHaveLength(4);
    expect(failures.filter((during) => during === "counts")).toHaveLength(4);
    state.isDown = false;
    await vi.advanceTimersByTimeAsync(1000);
    await turns();
    expect((await request(raw)).headers["RateLimit"]).toContain('"daily";r=0;');
    expect((await request(raw)).admitted).toBe(false);
    await kw.close();
    expect(await stored([`k:${id}`])).toEqual({ [`k:${id} daily`]: 10 });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(state.reads).toHaveLength(5);
  });

  it("that never succeeded loses no count of this process on close", async () => {
    const { store, state, stored } = durableStore();
    const { id, raw } = await createKey(store);
    const before = start(store);
    await before.ask(raw, { cost: 4 });
    await before.kw.close();
    state.waiting = [];
    const { kw, ask: request } = start(store);
    const decided = request(raw, { cost: 3 });
    await turns();
    await vi.advanceTimersByTimeAsync(100);
    await decided;
    await kw.close();
    expect(await stored([`k:${id}`])).toEqual({ [`k:${id} daily`]: 7 });
  });

  it("stops when the Keyward is closed", async () => {
    const { store, state } = durableStore();
    const { raw } = await createKey(store);
    state.reads = [];
    state.isDown = true;
    const { kw, ask: request } = start(store);
    const decided = request(raw);
    await turns();
    await vi.advanceTimersByTimeAsync(100);
    await decided;
    state.isDown = false;
    await kw.close();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(state.reads).toHaveLength(1);
  });

  it("does not happen with a store that is not durable, or a limiter that keeps its own counts", async () => {
    const { store, state } = durableStore();
    const memory = memoryLimiter({ clock: () => NOON });
    const remote: Limiter = {
      consume: (subject, limits, cost) => memory.consume(subject, limits, cost),
      peek: (subject, limits) => memory.peek(subject, limits),
      reset: (subject) => memory.reset(subject),
      close: () => memory.close(),
    };
    for (const { kw, ask: request, failures } of [
      start({ ...store, durable: false }),
      start(store, { limiter: remote }),
    ]) {
      const { secret } = await kw.keys.create({ name: "a" });
      expect(await request(secret.reveal())).toMatchObject({ admitted: true });
      expect(failures).toEqual([]);
      await kw.close();
    }
    expect(state.reads).toEqual([]);
  });

  it("adds late counts once, also to a subject that was evicted in the meantime", async () => {
    const { store, state, release } = durableStore();
    const keys = await createKeys(store, 2);
    const [raw = "", otherRaw = ""] = keys.map((key) => key.raw);
    const [id = ""] = keys.map((key) => key.id);
    const before = start(store);
    for (let times = 0; times < 4; times += 1) await before.ask(raw);
    await before.kw.close();
    state.waiting = [];
    const limiter: LocalLimiter = memoryLimiter({ clock: () => NOON, maxSubjects: 1 });
    const { kw, ask: request } = start(store, { limiter });
    const late = async (key: string, cost: number) => {
      const decided = request(key, { cost });
      await turns();
      await vi.advanceTimersByTimeAsync(100);
      return decided;
    };
    // Requests of cost 0 owe nothing: each evicts the subject of the other.
    await late(raw, 0);
    await late(otherRaw, 0);
    await late(raw, 0);
    release();
    await turns();
    expect((await kw.quota({ id })).remaining).toEqual({ daily: 6 });
    await kw.close();
  });
});

describe("counts that cannot be written", () => {
  it("are kept, and written once the store accepts them", async () => {
    const { store, state, stored } = durableStore();
    const { id, raw } = await createKey(store);
    const { kw, ask: request } = start(store);
    state.isReadOnly = true;
    for (let times = 0; times < 3; times += 1) {
      await request(raw);
      await expect(kw.usage.flush()).rejects.toThrow("read-only");
    }
    expect(await stored([`k:${id}`])).toEqual({});
    state.isReadOnly = false;
    await kw.usage.flush();
    expect(await stored([`k:${id}`])).toEqual({ [`k:${id} daily`]: 3 });
    await kw.close();
    expect(await stored([`k:${id}`])).toEqual({ [`k:${id} daily`]: 3 });
  });

  it("keep their subject in memory, whatever time passes", async () => {
    const { store, state } = durableStore();
    const [first, ...others] = await createKeys(store, 20);
    const { raw = "", id = "" } = first ?? {};
    let now = NOON;
    const { kw, ask: request } = start(store, { now: () => now });
    await request(raw, { cost: 4 });
    state.isReadOnly = true;
    await expect(kw.usage.flush()).rejects.toThrow("read-only");
    now += 5 * 60_000;
    for (const other of others) await request(other.raw);
    expect((await kw.quota({ id })).remaining).toEqual({ daily: 6 });
    state.isReadOnly = false;
    await kw.usage.flush();
    now += 5 * 60_000;
    for (const other of others) for (let times = 0; times < 3; times += 1) await request(other.raw);
    expect((await kw.quota({ id })).remaining).toEqual({ daily: 6 });
    await kw.close();
  });

  it("keep their subject in memory also while the store takes minutes to write them", async () => {
    const { store } = durableStore();
    const [first, ...others] = await createKeys(store, 20);
    const { raw = "", id = "" } = first ?? {};
    let now = NOON;
    const writing: (() => void)[] = [];
    const slow: Store = {
      ...store,
      async addCounts(counts) {
        await new Promise<void>((resolve) => writing.push(resolve));
        await store.addCounts(counts);
      },
    };
    const { kw, ask: request } = start(slow, { now: () => now });
    await request(raw, { cost: 4 });
    const flushed = kw.usage.flush();
    await turns();
    now += 5 * 60_000;
    for (const other of others) await request(other.raw);
    expect((await kw.quota({ id })).remaining).toEqual({ daily: 6 });
    writing.shift()?.();
    await flushed;
    const closed = kw.close();
    await turns();
    for (const resolve of writing) resolve();
    await closed;
  });
});

describe("subjects whose counts are stored", () => {
  it("are evicted after a minute, also while counts of other subjects are being read", async () => {
    const { store, state } = durableStore();
    const [first, ...others] = await createKeys(store, 12);
    const { raw = "" } = first ?? {};
    let now = NOON;
    const { kw, ask: request } = start(store, { now: () => now });
    await request(raw);
    await kw.usage.flush();
    now += 61_000;
    state.waiting = [];
    const decided: (Decision | Promise<Decision>)[] = [];
    for (const other of others) {
      decided.push(request(other.raw));
      await turns(2);
      await vi.advanceTimersByTimeAsync(100);
    }
    await Promise.all(decided);
    state.waiting = undefined;
    state.reads = [];
    await request(raw);
    expect(state.reads).toHaveLength(1);
    await kw.close();
  });
});

describe("a reset", () => {
  const countsOf = (counts: readonly PeriodCount[]) => counts.map(({ used }) => used);

  it("deletes stored counts too", async () => {
    const { store } = durableStore();
    const { id, raw } = await createKey(store);
    const before = start(store);
    await before.ask(raw, { cost: 10 });
    await before.kw.limits.reset(id);
    expect((await before.kw.quota({ id })).remaining).toEqual({ daily: 10 });
    await before.ask(raw, { cost: 3 });
    await before.kw.close();
    const after = start(store);
    expect((await after.kw.quota({ id })).remaining).toEqual({ daily: 7 });
    await after.kw.limits.reset(id);
    await after.kw.close();
    expect(countsOf(await store.readCounts([`k:${id}`], NOON))).toEqual([]);
  });

  it("is not undone by counts that are being read", async () => {
    const { store, state, release } = durableStore();
    const { id, raw } = await createKey(store);
    const before = start(store);
    await before.ask(raw, { cost: 10 });
    await before.kw.close();
    state.waiting = [];
    const { kw, ask: request } = start(store);
    const decided = request(raw);
    await turns();
    await vi.advanceTimersByTimeAsync(100);
    await decided;
    await kw.limits.reset(id);
    release();
    await turns();
    expect((await kw.quota({ id })).remaining).toEqual({ daily: 10 });
    await request(raw);
    await kw.close();
    expect(countsOf(await store.readCounts([`k:${id}`], NOON))).toEqual([1]);
  });

  it("is not undone by a request that comes while stored counts are being deleted", async () => {
    const { store } = durableStore();
    const { id, raw } = await createKey(store);
    let deleted: (() => void) | undefined;
    const slow: Store = {
      ...store,
      async deleteCounts(subject) {
        if (subject === `k:${id}`) await new Promise<void>((resolve) => (deleted = resolve));
        await store.deleteCounts(subject);
      },
    };
    const { kw, ask: request } = start(slow);
    await request(raw, { cost: 10 });
    await kw.usage.flush();
    const reset = kw.limits.reset(id);
    await turns();
    await request(raw);
    await turns();
    deleted?.();
    await reset;
    expect((await request(raw, { cost: 9 })).admitted).toBe(true);
    await kw.close();
    const [used = 0] = countsOf(await store.readCounts([`k:${id}`], NOON));
    expect(used).toBeGreaterThanOrEqual(9);
    expect(used).toBeLessThanOrEqual(10);
  });

  it("holds in other processes, whatever they have not stored yet", async () => {
    const { store } = durableStore();
    const { id, raw } = await createKey(store);
    const watching = new Set<(change: StoreChange | undefined) => void>();
    const feed = (): ChangeFeed => {
      let own: ((change: StoreChange | undefined) => void) | undefined;
      return {
        publish: (change) => watching.forEach((changed) => changed !== own && changed(change)),
        watch(changed) {
          watching.add((own = changed));
          return () => void watching.delete(changed);
        },
        close: async () => {},
      };
    };
    const [one, other] = [start(store, { changes: feed() }), start(store, { changes: feed() })];
    await other.ask(raw, { cost: 6 });
    await other.kw.usage.flush();
    await other.ask(raw, { cost: 3 });
    await one.kw.limits.reset(id);
    expect((await other.kw.quota({ id })).remaining).toEqual({ daily: 10 });
    await other.ask(raw, { cost: 2 });
    await other.kw.close();
    expect(countsOf(await store.readCounts([`k:${id}`], NOON))).toEqual([2]);
    await one.kw.close();
  });
});
