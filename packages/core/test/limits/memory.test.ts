import { memoryLimiter } from "@keyward/core";
import { describe, expect, it } from "vitest";

const LIMITS = { rate: 200, burst: 500, daily: 2000 };
const DAY_MS = 86_400_000;

function setUp(maxSubjects: number) {
  let now = Date.UTC(2025, 5, 15, 12);
  const limiter = memoryLimiter({ clock: () => now, maxSubjects });
  return { limiter, advance: (ms: number) => void (now += ms), day: () => Math.floor(now / DAY_MS) };
}

describe("what the memory limiter holds", () => {
  it("is bounded, and a subject that owes is never forgotten for another", async () => {
    const { limiter, advance } = setUp(3);
    for (const subject of ["a", "b", "c"]) await limiter.consume(subject, LIMITS, 500);
    const full = {
      code: "limiter-full",
      message: expect.stringMatching(/holds 3 subjects and each still owes/),
    };
    expect(() => limiter.consume("d", LIMITS, 1)).toThrow(expect.objectContaining(full));
    advance(3000);
    // Their windows and buckets are whole again, but what they used of the day is not.
    expect(() => limiter.consume("d", LIMITS, 1)).toThrow(/owes/);
    for (const subject of ["a", "b", "c"])
      expect((await limiter.peek(subject, LIMITS)).remaining.daily).toBe(1500);
  });

  it("makes room at the turn of the day", async () => {
    const { limiter, advance } = setUp(3);
    for (const subject of ["a", "b", "c"]) await limiter.consume(subject, LIMITS, 1);
    advance(DAY_MS);
    for (const subject of ["d", "e", "f"])
      expect((await limiter.consume(subject, LIMITS, 1)).allowed).toBe(true);
    expect(() => limiter.consume("g", LIMITS, 1)).toThrow(/owes/);
  });

  it("peeking at a stranger takes no room", async () => {
    const { limiter } = setUp(1);
    for (let count = 0; count < 10; count += 1) await limiter.peek(`stranger ${count}`, LIMITS);
    expect((await limiter.consume("a", LIMITS, 1)).allowed).toBe(true);
  });

  it("refuses a bound that is none", () => {
    for (const maxSubjects of [0, -1, 1.5, Number.NaN])
      expect(() => memoryLimiter({ maxSubjects })).toThrow(
        expect.objectContaining({
          code: "invalid-option",
          message: expect.stringMatching(/maxSubjects must be a whole number from 1; got/),
        }),
      );
  });

  it("keeps no timer, however many subjects it has", async () => {
    const { limiter } = setUp(10_000);
    const before = process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
    for (let count = 0; count < 10_000; count += 1) await limiter.consume(`${count}`, LIMITS, 1);
    expect(process.getActiveResourcesInfo().filter((name) => name === "Timeout").length).toBe(before);
  });
});

describe("what is looked at while others come in", () => {
  it("an idle subject whose window has passed answers as if nothing had been let go of", async () => {
    const { limiter, advance } = setUp(10);
    await limiter.consume("a", LIMITS, 100);
    advance(100);
    await limiter.consume("a", LIMITS, 100);
    advance(2000);
    for (let count = 0; count < 100; count += 1) await limiter.consume("b", LIMITS, 1);
    expect(await limiter.peek("a", LIMITS)).toMatchObject({
      remaining: { sustained: 200, burst: 500, daily: 1800 },
      resetMs: { sustained: 0, burst: 0 },
    });
    expect((await limiter.consume("a", LIMITS, 500)).allowed).toBe(true);
    expect(await limiter.consume("a", LIMITS, 1)).toMatchObject({ allowed: false, retryAfterMs: 1000 });
  });
});

describe("the day's counts", () => {
  it("are told to the journal, admitted costs only", async () => {
    const { limiter, day } = setUp(10);
    const told: [string, number, number][] = [];
    limiter.setJournal((...entry) => told.push(entry));
    await limiter.consume("a", LIMITS, 400);
    await limiter.consume("a", LIMITS, 200);
    await limiter.consume("a", LIMITS, 0);
    await limiter.consume("b", LIMITS, 1);
    expect(told).toEqual([
      ["a", day(), 400],
      ["b", day(), 1],
    ]);
  });

  it("come back after a restart, added to what was used since; yesterday's do not", async () => {
    const { limiter, day } = setUp(10);
    await limiter.consume("a", LIMITS, 5);
    limiter.restoreDaily([
      { subject: "a", day: day(), used: 1990 },
      { subject: "b", day: day() - 1, used: 2000 },
      { subject: "c", day: day(), used: 1999 },
    ]);
    expect((await limiter.peek("c", LIMITS)).remaining.daily).toBe(1);
    expect((await limiter.peek("a", LIMITS)).remaining.daily).toBe(5);
    expect((await limiter.peek("b", LIMITS)).remaining.daily).toBe(2000);
    expect(await limiter.consume("a", LIMITS, 6)).toMatchObject({ allowed: false, violated: ["daily"] });
  });

  it("of a day that this machine's clock has not come to are the subject's, alone", async () => {
    const { limiter, advance, day } = setUp(10);
    await limiter.consume("a", LIMITS, 5);
    limiter.restoreDaily([{ subject: "a", day: day() + 1, used: 1990 }]);
    advance(DAY_MS);
    expect((await limiter.peek("a", LIMITS)).remaining.daily).toBe(10);
  });

  it("of yesterday are not given back from today's, and what has leaked is not given back twice", async () => {
    const { limiter, advance } = setUp(10);
    await limiter.consume("a", LIMITS, 10);
    const admittedMs = limiter.clock();
    advance(DAY_MS);
    await limiter.consume("a", LIMITS, 400);
    await limiter.giveBack?.("a", LIMITS, 4, admittedMs);
    expect((await limiter.peek("a", LIMITS)).remaining).toEqual({ sustained: 100, burst: 100, daily: 1600 });
  });

  it("begin afresh for a subject that is reset, and for all when it is closed", async () => {
    const { limiter } = setUp(2);
    for (const subject of ["a", "b"]) await limiter.consume(subject, LIMITS, 500);
    await limiter.reset("a");
    await limiter.reset("nobody");
    expect((await limiter.peek("a", LIMITS)).remaining.daily).toBe(2000);
    expect((await limiter.peek("b", LIMITS)).remaining.daily).toBe(1500);
    expect((await limiter.consume("c", LIMITS, 1)).allowed).toBe(true);
    await limiter.close();
    expect((await limiter.peek("b", LIMITS)).remaining.daily).toBe(2000);
  });

  it("are told to the journal when they are given back, for as long as the day lasts", async () => {
    const { limiter, advance, day } = setUp(10);
    const told: [string, number, number][] = [];
    await limiter.consume("a", LIMITS, 10);
    const admittedMs = limiter.clock();
    limiter.setJournal((...entry) => told.push(entry));
    await limiter.giveBack?.("a", LIMITS, 4, admittedMs);
    await limiter.giveBack?.("a", LIMITS, 0, admittedMs);
    await limiter.giveBack?.("nobody", LIMITS, 4, admittedMs);
    const expected = [
      ["a", day(), 10],
      ["a", day(), -4],
    ];
    expect(told).toEqual(expected);
    advance(DAY_MS);
    await limiter.giveBack?.("a", LIMITS, 4, admittedMs);
    expect(told).toEqual(expected);
    expect((await limiter.peek("a", LIMITS)).remaining.daily).toBe(2000);
  });
});
