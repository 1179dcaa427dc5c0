import assert from "node:assert/strict";
import type { Limiter, Limits } from "@keyward/core";
import type { Charge, GroupResult } from "@keyward/core/limiter";
import type { LimiterCase } from "./limiter-case.ts";

const HOUR_MS = 3_600_000;
const LINE: Limits = { rate: 5, burst: 10, daily: 50 };
const OWNER: Limits = { daily: 12 };
const SEARCH: Limits = { rate: 2, per: "minute", monthly: 100 };

const line = (cost: number, id = "1"): Charge => ({ subject: `o:acme|k:${id}`, limits: LINE, cost });
const owner = (cost: number): Charge => ({ subject: "o:acme", limits: OWNER, cost, name: "owner" });
const search = (cost: number): Charge => ({
  subject: "o:acme|b:search",
  limits: SEARCH,
  cost,
  name: "search",
});

async function consumeAll(limiter: Limiter, ...charges: readonly Charge[]): Promise<GroupResult> {
  assert.ok(limiter.consumeAll !== undefined, "the limiter cannot charge several subjects");
  return limiter.consumeAll(charges);
}

const remainingOf = ({ results }: GroupResult) =>
  Object.assign({}, ...results.map(({ remaining }) => remaining));

/** Decisions about several subjects (G10). */
export function testGroups(test: LimiterCase): void {
  test("charges several subjects at once, each its own cost", async (limiter) => {
    const result = await consumeAll(limiter, line(3), owner(3), search(1));
    assert.deepEqual([result.allowed, result.violated, result.retryAfterMs], [true, [], 0]);
    assert.deepEqual(remainingOf(result), {
      sustained: 5,
      burst: 7,
      daily: 47,
      "owner-daily": 9,
      "search-sustained": 1,
      "search-burst": 1,
      "search-monthly": 99,
    });
  });

  test("charges none of the subjects where one refuses", async (limiter, clock) => {
    await consumeAll(limiter, line(1), owner(1), search(2));
    const before = remainingOf(await consumeAll(limiter, line(0), owner(0), search(0)));
    const refused = await consumeAll(limiter, line(1), owner(1), search(1));
    assert.deepEqual([refused.allowed, refused.violated], [false, ["search-sustained", "search-burst"]]);
    assert.deepEqual(
      refused.results.map(({ allowed }) => allowed),
      [true, true, false],
    );
    assert.deepEqual(remainingOf(refused), before);
    for (let times = 0; times < 20; times += 1) await consumeAll(limiter, line(10), owner(12));
    assert.deepEqual(remainingOf(await consumeAll(limiter, line(0), owner(0), search(0))), before);
    clock.advance(2000);
    assert.equal((await consumeAll(limiter, line(10), owner(10))).allowed, true);
  });

  test("reports all refusing policies of all subjects, and the longest waiting time", async (limiter) => {
    await consumeAll(limiter, line(10), owner(10), search(2));
    const refused = await consumeAll(limiter, line(3), owner(3), search(1));
    assert.deepEqual(refused.violated, [
      "sustained",
      "burst",
      "owner-daily",
      "search-sustained",
      "search-burst",
    ]);
    assert.equal(refused.retryAfterMs, 12 * HOUR_MS);
    const exceeding = await consumeAll(limiter, line(11), owner(0));
    assert.deepEqual([exceeding.violated, exceeding.retryAfterMs], [["sustained", "burst"], Infinity]);
  });

  test("counts a subject that several groups share once per group", async (limiter) => {
    assert.equal((await consumeAll(limiter, line(6, "1"), owner(6))).allowed, true);
    assert.equal((await consumeAll(limiter, line(6, "2"), owner(6))).allowed, true);
    const refused = await consumeAll(limiter, line(1, "3"), owner(1));
    assert.deepEqual(refused.violated, ["owner-daily"]);
    assert.deepEqual((await limiter.peek("o:acme|k:3", LINE)).remaining, {
      sustained: 5,
      burst: 10,
      daily: 50,
    });
  });

  test("counts alike whether a subject is charged alone or with others", async (limiter) => {
    await limiter.consume("o:acme|k:1", LINE, 4);
    await consumeAll(limiter, line(4), owner(4));
    assert.equal((await limiter.consume("o:acme|k:1", LINE, 3)).allowed, false);
    assert.equal((await limiter.consume("o:acme|k:1", LINE, 2)).allowed, true);
    assert.equal((await limiter.peek("o:acme", OWNER)).remaining["daily"], 8);
  });
}
