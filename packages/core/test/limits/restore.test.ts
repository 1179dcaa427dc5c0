import { createKeyward, memoryLimiter, memoryStore, type KeyStore, type Limiter } from "@keyward/core";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

const NOON = Date.UTC(2026, 4, 1, 12);
const DAY = Math.floor(NOON / 86_400_000);

/** A store that outlives its process, as far as the day's counts go. */
function durableStore(readDaily: KeyStore["readDaily"]) {
  const written: unknown[] = [];
  const store: KeyStore = {
    ...memoryStore(),
    durable: true,
    readDaily,
    addUsage: ({ daily }) => void written.push(...daily),
  };
  return { store, written };
}

async function start(store: KeyStore, limiter: Limiter = memoryLimiter({ clock: () => NOON })) {
  const failures: string[] = [];
  const kw = createKeyward({
    secret: "x".repeat(32),
    store,
    limiter,
    clock: () => NOON,
    events: { "store.failed": ({ during }) => void failures.push(during) },
  });
  const { key, secret } = await kw.keys.create({ name: "a" });
  const request = { header: () => secret.reveal(), secure: true, ip: "203.0.113.1" };
  return { kw, key, failures, ask: () => kw.admit(request) };
}

describe("the day's counts after a restart", () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  it("are there before the first request is decided", async () => {
    let answer: (counts: { subject: string; day: number; used: number }[]) => void = () => {};
    const { store } = durableStore(() => new Promise((resolve) => (answer = resolve)));
    const { kw, key, ask } = await start(store);
    const decided = [ask(), ask()];
    answer([{ subject: key.id, day: DAY, used: 1999 }]);
    expect(await Promise.all(decided)).toMatchObject([{ admitted: true }, { admitted: false }]);
    expect((await kw.quota(key)).remaining.daily).toBe(0);
    await kw.close();
  });

  it("are asked for again until the store answers; requests do not wait for it, and what they use is added", async () => {
    let down = true;
    let asked = 0;
    let id = "";
    const { store, written } = durableStore(async () => {
      asked += 1;
      if (down) throw new Error("down");
      return [{ subject: id, day: DAY, used: 1500 }];
    });
    const { kw, key, failures, ask } = await start(store);
    id = key.id;
    expect(await ask()).toMatchObject({ admitted: true });
    expect((await kw.quota(key)).remaining.daily).toBe(1999);
    await vi.advanceTimersByTimeAsync(2000);
    expect(failures).toEqual(["start", "start", "start"]);
    down = false;
    await vi.advanceTimersByTimeAsync(1000);
    expect((await kw.quota(key)).remaining.daily).toBe(499);
    await ask();
    await kw.close();
    // Also what was used before the store answered.
    expect(written).toEqual([{ subject: key.id, day: DAY, used: 2 }]);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(asked).toBe(4);
  });

  it("do not come back after limiter.reset()", async () => {
    const stored = new Map<string, number>();
    const store: KeyStore = {
      ...memoryStore(),
      durable: true,
      readDaily: (day) => [...stored].map(([subject, used]) => ({ subject, day, used })),
      addUsage({ daily }) {
        for (const { subject, used } of daily) stored.set(subject, (stored.get(subject) ?? 0) + used);
      },
    };
    const limiter = memoryLimiter({ clock: () => NOON });
    const { kw, key, ask } = await start(store, limiter);
    for (let times = 0; times < 5; times += 1) await ask();
    await kw.usage.flush();
    await limiter.reset(key.id);
    await ask();
    await limiter.reset("a subject that was never used");
    await kw.close();
    expect([...stored]).toEqual([[key.id, 1]]);
    const restarted = createKeyward({ secret: "x".repeat(32), store, clock: () => NOON });
    expect((await restarted.quota(key)).remaining.daily).toBe(1999);
    await restarted.close();
  });

  it("are those of today", async () => {
    const days: number[] = [];
    const { store } = durableStore((day) => (days.push(day), []));
    const { kw, ask } = await start(store);
    await ask();
    expect(days).toEqual([DAY]);
    await kw.close();
  });

  it("are not asked for where the store keeps none, or the limiter keeps its own", async () => {
    let asked = 0;
    const { store } = durableStore(() => ((asked += 1), []));
    const own = memoryLimiter({ clock: () => NOON });
    const elsewhere: Limiter = {
      consume: (...given) => own.consume(...given),
      peek: (...given) => own.peek(...given),
      reset: (subject) => own.reset(subject),
      close: () => own.close(),
    };
    for (const { kw, ask, failures } of [
      await start({ ...store, durable: false }),
      await start(store, elsewhere),
    ]) {
      expect(await ask()).toMatchObject({ admitted: true });
      expect(failures).toEqual([]);
      await kw.close();
    }
    expect(asked).toBe(0);
  });

  it("are not asked for after the end", async () => {
    let asked = 0;
    const { store } = durableStore(async () => {
      asked += 1;
      throw new Error("down");
    });
    const { kw, ask } = await start(store);
    await ask();
    await kw.close();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(asked).toBe(1);
  });
});
