import { memoryLimiter, type Limits } from "@keyward/core";
import type { CountJournal } from "@keyward/core/limiter";
import type { PeriodCount } from "@keyward/core/store";
import { describe, expect, it } from "vitest";

const LIMITS: Limits = { rate: 200, burst: 500, daily: 2000 };
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const NOON = Date.UTC(2025, 5, 15, 12);
const MIDNIGHT = NOON + 12 * HOUR_MS;
const TODAY = { quota: "daily", startMs: MIDNIGHT - DAY_MS, endMs: MIDNIGHT } as const;
const TOMORROW = { quota: "daily", startMs: MIDNIGHT, endMs: MIDNIGHT + DAY_MS } as const;
const JUNE = { quota: "monthly", startMs: Date.UTC(2025, 5, 1), endMs: Date.UTC(2025, 6, 1) } as const;

function setUp(maxSubjects: number, maxAnonymous?: number) {
  let now = NOON;
  const limiter = memoryLimiter({ clock: () => now, maxSubjects, maxAnonymous });
  return {
    limiter,
    advance: (ms: number) => void (now += ms),
    remaining: async (subject: string, limits = LIMITS) => (await limiter.peek(subject, limits)).remaining,
  };
}

/** A journal that keeps counts in memory, and whose store can fail. */
function testJournal() {
  const stored: PeriodCount[] = [];
  const state = { isStored: true, reads: [] as string[] };
  const journal: CountJournal = {
    record: (subject, period, used) => void stored.push({ subject, period, used }),
    async read(subject) {
      state.reads.push(subject);
      return stored.filter((count) => count.subject === subject);
    },
    reset(subject) {
      stored.splice(0, stored.length, ...stored.filter((count) => count.subject !== subject));
    },
    isStored: () => state.isStored,
  };
  return { journal, stored, state };
}

describe("the subjects of the memory limiter", () => {
  it("are bounded, and no subject that owes something is evicted for another", async () => {
    const { limiter, advance, remaining } = setUp(3);
    for (const subject of ["a", "b", "c"]) await limiter.consume(subject, LIMITS, 500);
    const full = {
      code: "limiter-full",
      message: "The memory limiter holds 3 subjects, and each still owes something. Raise maxSubjects.",
    };
    expect(() => limiter.consume("d", LIMITS, 1)).toThrow(expect.objectContaining(full));
    advance(3000);
    // Their windows and buckets have recovered, but not their daily quota.
    expect(() => limiter.consume("d", LIMITS, 1)).toThrow(expect.objectContaining(full));
    for (const subject of ["a", "b", "c"]) expect((await remaining(subject))["daily"]).toBe(1500);
  });

  it("are evicted an hour after their last period ended, since a clock may be set back", async () => {
    const { limiter, advance, remaining } = setUp(3);
    for (const subject of ["a", "b", "c"]) await limiter.consume(subject, LIMITS, 2);
    advance(12 * HOUR_MS + HOUR_MS - 1);
    expect(() => limiter.consume("d", LIMITS, 1)).toThrow(/still owes something/);
    // The clock is set back to before midnight: the counts are still there.
    advance(-HOUR_MS);
    expect((await remaining("a"))["daily"]).toBe(1998);
    advance(HOUR_MS + 1);
    for (const subject of ["d", "e", "f"])
      expect((await limiter.consume(subject, LIMITS, 1)).allowed).toBe(true);
    expect(() => limiter.consume("g", LIMITS, 1)).toThrow(/still owes something/);
  });

  it("are evicted once their window and bucket have recovered, where they have no quota", async () => {
    const { limiter, advance } = setUp(2);
    const perMinute: Limits = { rate: 60, per: "minute", burst: 120 };
    for (const subject of ["a", "b"]) await limiter.consume(subject, perMinute, 120);
    advance(119_999);
    expect(() => limiter.consume("c", perMinute, 1)).toThrow(/still owes something/);
    advance(1);
    expect((await limiter.consume("c", perMinute, 1)).allowed).toBe(true);
  });

  it("are not evicted while earlier limits matter", async () => {
    const { limiter, advance } = setUp(1);
    const hourly: Limits = { rate: 10, per: "hour" };
    await limiter.consume("a", hourly, 10);
    await limiter.consume("a", { rate: 100 }, 1);
    advance(10_000);
    expect(() => limiter.consume("b", hourly, 1)).toThrow(/still owes something/);
    expect((await limiter.consume("a", hourly, 1)).allowed).toBe(false);
    advance(HOUR_MS);
    expect((await limiter.consume("b", hourly, 1)).allowed).toBe(true);
  });

  it("are not added by a peek", async () => {
    const { limiter } = setUp(1);
    for (let count = 0; count < 10; count += 1) await limiter.peek(`stranger ${count}`, LIMITS);
    expect((await limiter.consume("a", LIMITS, 1)).allowed).toBe(true);
  });

  it("are all there after room for one was made by evicting another of the same decision", async () => {
    const { limiter, remaining } = setUp(2);
    await limiter.consume("x|a", LIMITS, 0);
    await limiter.consume("x|b", LIMITS, 0);
    const charges = ["x|a", "x|c"].map((subject) => ({ subject, limits: LIMITS, cost: 5 }));
    expect((await limiter.consumeAll(charges)).allowed).toBe(true);
    for (const subject of ["x|a", "x|c"]) expect((await remaining(subject))["daily"]).toBe(1995);
  });

  it("keep no timer, however many they are", async () => {
    const { limiter } = setUp(10_000);
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
    const before = timers();
    for (let count = 0; count < 10_000; count += 1) await limiter.consume(`${count}`, LIMITS, 1);
    expect(timers()).toBe(before);
  });

  it.each([
    [{ maxSubjects: 0 }, "memoryLimiter maxSubjects must be a whole number from 1; got 0."],
    [{ maxSubjects: 1.5 }, "memoryLimiter maxSubjects must be a whole number from 1; got 1.5."],
    [{ maxSubjects: Number.NaN }, "memoryLimiter maxSubjects must be a whole number from 1; got NaN."],
    [{ maxAnonymous: -1 }, "memoryLimiter maxAnonymous must be a whole number from 1; got -1."],
  ])("rejects %j", (options, message) => {
    expect(() => memoryLimiter(options)).toThrow(
      expect.objectContaining({ code: "invalid-option", message }),
    );
  });

  it("decide after an idle time as if their window had been kept", async () => {
    const { limiter, advance, remaining } = setUp(10);
    await limiter.consume("a", LIMITS, 100);
    advance(100);
    await limiter.consume("a", LIMITS, 100);
    advance(2000);
    // Other requests have idle subjects examined.
    for (let count = 0; count < 100; count += 1) await limiter.consume("b", LIMITS, 1);
    expect(await remaining("a")).toEqual({ sustained: 200, burst: 500, daily: 1800 });
    expect((await limiter.peek("a", LIMITS)).resetMs).toMatchObject({ sustained: 0, burst: 0 });
    expect((await limiter.consume("a", LIMITS, 500)).allowed).toBe(true);
    expect(await limiter.consume("a", LIMITS, 1)).toMatchObject({ allowed: false, retryAfterMs: 1000 });
  });

  it("have no counts after a reset, nor after close", async () => {
    const { limiter, remaining } = setUp(2);
    for (const subject of ["a", "b"]) await limiter.consume(subject, LIMITS, 500);
    await limiter.reset("a");
    await limiter.reset("nobody");
    expect((await remaining("a"))["daily"]).toBe(2000);
    expect((await remaining("b"))["daily"]).toBe(1500);
    expect((await limiter.consume("c", LIMITS, 1)).allowed).toBe(true);
    await limiter.close();
    expect((await remaining("b"))["daily"]).toBe(2000);
  });
});

describe("anonymous subjects", () => {
  it("have their own table, which they fill without harm to other subjects", async () => {
    const { limiter, advance } = setUp(2, 3);
    for (const address of ["a:1", "a:2", "a:3"]) await limiter.consume(address, LIMITS, 1);
    expect(() => limiter.consume("a:4", LIMITS, 1)).toThrow(
      expect.objectContaining({
        code: "limiter-full",
        message: "The memory limiter holds 3 subjects, and each still owes something. Raise maxAnonymous.",
      }),
    );
    for (const subject of ["k:1", "o:1"])
      expect((await limiter.consume(subject, LIMITS, 1)).allowed).toBe(true);
    expect(() => limiter.consume("k:2", LIMITS, 1)).toThrow(/Raise maxSubjects\.$/);
    expect((await limiter.consume("a:1", LIMITS, 1)).allowed).toBe(true);
    advance(13 * HOUR_MS);
    expect((await limiter.consume("a:4", LIMITS, 1)).allowed).toBe(true);
  });
});

describe("a journal of counts", () => {
  it("receives admitted costs by period, and no others", async () => {
    const { limiter } = setUp(10);
    const { journal, stored } = testJournal();
    limiter.setJournal(journal);
    const monthly = { ...LIMITS, monthly: 5000 };
    await limiter.consume("a", monthly, 400);
    await limiter.consume("a", monthly, 200);
    await limiter.consume("a", monthly, 0);
    await limiter.consume("b", { rate: 5 }, 1);
    await limiter.consumeAll([
      { subject: "c", limits: LIMITS, cost: 3 },
      { subject: "d", limits: { hourly: 2 }, cost: 3 },
    ]);
    await limiter.consumeAll([
      { subject: "c", limits: LIMITS, cost: 3 },
      { subject: "d", limits: { daily: 9 }, cost: 0 },
    ]);
    expect(stored).toEqual([
      { subject: "a", period: TODAY, used: 400 },
      { subject: "a", period: JUNE, used: 400 },
      { subject: "c", period: TODAY, used: 3 },
    ]);
  });

  it("receives refunds as negative costs, for as long as their period lasts", async () => {
    const { limiter, advance, remaining } = setUp(10);
    const { journal, stored } = testJournal();
    limiter.setJournal(journal);
    const monthly = { ...LIMITS, monthly: 5000 };
    const charged = await limiter.consume("a", monthly, 10);
    stored.splice(0);
    await limiter.correct?.([{ subject: "a", limits: monthly, cost: -4, charged }]);
    await limiter.correct?.([{ subject: "a", limits: monthly, cost: 0, charged }]);
    expect(stored.splice(0)).toEqual([
      { subject: "a", period: TODAY, used: -4 },
      { subject: "a", period: JUNE, used: -4 },
    ]);
    advance(DAY_MS);
    await limiter.consume("a", monthly, 5);
    stored.splice(0);
    await limiter.correct?.([{ subject: "a", limits: monthly, cost: -4, charged }]);
    expect(stored).toEqual([{ subject: "a", period: JUNE, used: -4 }]);
    expect(await remaining("a", monthly)).toMatchObject({ daily: 1995, monthly: 4993 });
  });

  it("is read once for a subject that is new to the process, and while that is under way", async () => {
    const { limiter } = setUp(10);
    const { journal, stored, state } = testJournal();
    stored.push({ subject: "a", period: TODAY, used: 1998 });
    limiter.setJournal(journal);
    const results = await Promise.all([1, 2, 3].map(() => limiter.consume("a", LIMITS, 1)));
    expect(results.map(({ allowed }) => allowed)).toEqual([true, true, false]);
    await limiter.consume("a", LIMITS, 1);
    await limiter.peek("a", LIMITS);
    expect(state.reads).toEqual(["a"]);
  });

  it("lets subjects be evicted whose counts are stored, a minute after their last request", async () => {
    const { limiter, advance, remaining } = setUp(2);
    const { journal, state } = testJournal();
    limiter.setJournal(journal);
    await limiter.consume("a", LIMITS, 5);
    await limiter.consume("b", LIMITS, 7);
    advance(59_999);
    await expect(limiter.consume("c", LIMITS, 1)).rejects.toThrow(/still owes something/);
    advance(1);
    await limiter.consume("c", LIMITS, 1);
    await limiter.consume("d", LIMITS, 1);
    expect(state.reads).toEqual(["a", "b", "c", "d"]);
    advance(60_000);
    // Both are read again.
    expect((await remaining("a"))["daily"]).toBe(1995);
    expect((await remaining("b"))["daily"]).toBe(1993);
  });

  it("keeps subjects in memory while their counts are not stored", async () => {
    const { limiter, advance } = setUp(1);
    const { journal, state } = testJournal();
    limiter.setJournal(journal);
    await limiter.consume("a", LIMITS, 5);
    advance(60_000);
    state.isStored = false;
    await expect(limiter.consume("b", LIMITS, 1)).rejects.toThrow(/still owes something/);
    state.isStored = true;
    expect((await limiter.consume("b", LIMITS, 1)).allowed).toBe(true);
  });

  it.each([
    ["refunds", -4, 1999],
    ["surcharges", 4, 1991],
  ])("has %s of evicted subjects counted in addition to what is stored", async (_name, cost, expected) => {
    const { limiter, advance, remaining } = setUp(1);
    const { journal, stored } = testJournal();
    limiter.setJournal(journal);
    const charged = await limiter.consume("a", LIMITS, 5);
    advance(60_000);
    await limiter.consume("b", LIMITS, 1);
    advance(60_000);
    await limiter.correct?.([{ subject: "a", limits: LIMITS, cost, charged, includesPacing: false }]);
    expect((await remaining("a"))["daily"]).toBe(expected);
    const used = stored.filter(({ subject }) => subject === "a").map((count) => count.used);
    expect(used).toEqual([5, cost]);
  });
});

describe("restored counts", () => {
  it("are added to the counts of this process; those of ended periods are ignored", async () => {
    const { limiter, remaining } = setUp(10);
    await limiter.consume("a", LIMITS, 5);
    limiter.restore([
      { subject: "a", period: TODAY, used: 1990 },
      {
        subject: "b",
        period: { ...TODAY, startMs: TODAY.startMs - DAY_MS, endMs: TODAY.startMs },
        used: 2000,
      },
      { subject: "c", period: TODAY, used: 1999 },
      { subject: "d", period: TODAY, used: -3 },
    ]);
    expect((await remaining("c"))["daily"]).toBe(1);
    expect((await remaining("a"))["daily"]).toBe(5);
    expect((await remaining("b"))["daily"]).toBe(2000);
    expect((await remaining("d"))["daily"]).toBe(2000);
    expect(await limiter.consume("a", LIMITS, 6)).toMatchObject({ allowed: false, violated: ["daily"] });
  });

  it("of a later day, which this clock has not reached, count now and in that day", async () => {
    const { limiter, advance, remaining } = setUp(10);
    await limiter.consume("a", LIMITS, 5);
    limiter.restore([{ subject: "a", period: TOMORROW, used: 1990 }]);
    expect((await remaining("a"))["daily"]).toBe(5);
    advance(DAY_MS);
    expect((await remaining("a"))["daily"]).toBe(5);
    advance(DAY_MS);
    expect((await remaining("a"))["daily"]).toBe(2000);
  });

  it("keep their period where the limits have another time zone by now", async () => {
    const { limiter, advance } = setUp(10);
    const moved: Limits = { daily: 10, timeZone: "Asia/Kathmandu" };
    limiter.restore([{ subject: "a", period: TODAY, used: 10 }]);
    expect((await limiter.consume("a", moved, 1)).retryAfterMs).toBe(12 * HOUR_MS);
    advance(12 * HOUR_MS);
    expect((await limiter.consume("a", moved, 1)).allowed).toBe(true);
    // The next day ends at midnight in Kathmandu, 5:45 h ahead of UTC.
    expect((await limiter.peek("a", moved)).resetMs["daily"]).toBe(18.25 * HOUR_MS);
  });
});
