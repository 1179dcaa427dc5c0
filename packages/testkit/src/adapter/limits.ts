import assert from "node:assert/strict";
import type { AdapterCase } from "../test-adapter.ts";
import { expectLimits, expectProblem, expectRetryAfter, parseField } from "./expect.ts";

const QUOTA_EXCEEDED = "https://iana.org/assignments/http-problem-types#quota-exceeded";
const tight = { rate: 2, burst: 4, daily: 10 };
const options = { plans: { default: tight } };

export function testLimitsOverHttp(test: AdapterCase): void {
  test(
    "responds with 429 at the burst limit, and admits the request after Retry-After",
    options,
    async (bench) => {
      const { raw } = await bench.key();
      for (let left = 3; left >= 0; left -= 1)
        assert.equal(expectLimits(await bench.ask("/hello", raw), tight).burst, left);
      const answer = await bench.ask("/hello", raw);
      const problem = expectProblem(answer, 429, "rate-limit-exceeded");
      assert.equal(problem["type"], QUOTA_EXCEEDED);
      assert.deepEqual(problem["violated-policies"], ["sustained", "burst"]);
      assert.equal(expectLimits(answer, tight).burst, 0);
      const seconds = expectRetryAfter(answer, "sustained", "burst");
      bench.clock.advance(seconds * 1000);
      assert.equal((await bench.ask("/hello", raw)).status, 200);
    },
  );

  test("responds with 429 at the sustained rate once the burst is used up", options, async (bench) => {
    const { raw } = await bench.key();
    for (let times = 0; times < 4; times += 1) await bench.ask("/hello", raw);
    bench.clock.advance(1100);
    for (let times = 0; times < 2; times += 1) assert.equal((await bench.ask("/hello", raw)).status, 200);
    const answer = await bench.ask("/hello", raw);
    assert.deepEqual(expectProblem(answer, 429, "rate-limit-exceeded")["violated-policies"], ["sustained"]);
    expectRetryAfter(answer, "sustained");
  });

  test(
    "responds with 429 at the daily limit, and admits requests again at 00:00 UTC",
    options,
    async (bench) => {
      const { raw } = await bench.key();
      for (let times = 0; times < 10; times += 1) {
        assert.equal((await bench.ask("/hello", raw)).status, 200);
        bench.clock.advance(1000);
      }
      const answer = await bench.ask("/hello", raw);
      assert.deepEqual(expectProblem(answer, 429, "rate-limit-exceeded")["violated-policies"], ["daily"]);
      const seconds = expectRetryAfter(answer, "daily");
      assert.equal(seconds, 12 * 3600 - 10);
      bench.clock.advance(seconds * 1000 - 1);
      expectProblem(await bench.ask("/hello", raw), 429, "rate-limit-exceeded");
      bench.clock.advance(1);
      assert.equal(expectLimits(await bench.ask("/hello", raw), tight).daily, 9);
    },
  );

  test("refuses a cost above the limits without Retry-After, and counts nothing", options, async (bench) => {
    const { raw } = await bench.key();
    const answer = await bench.ask("/priced?cost=5", raw);
    const problem = expectProblem(answer, 429, "cost-exceeds-limits");
    assert.equal(problem["type"], "urn:keyward:problem:cost-exceeds-limits");
    assert.equal(answer.headers["retry-after"], undefined);
    assert.equal(expectLimits(answer, tight).daily, 10);
  });

  const withOwner = { plans: { default: { ...tight, owner: { daily: 6 } } } };
  test("counts each key, and all keys of an owner together", withOwner, async (bench) => {
    const first = await bench.key({ ownerId: "acme" });
    const second = await bench.key({ ownerId: "acme" });
    const other = await bench.key({ ownerId: "globex" });
    for (let times = 0; times < 4; times += 1) {
      assert.equal((await bench.ask("/hello", first.raw)).status, 200);
    }
    const answer = await bench.ask("/hello", second.raw);
    assert.deepEqual(parseField(answer, "ratelimit-policy"), {
      sustained: { q: 2, w: 1 },
      burst: { q: 4, w: 1 },
      daily: { q: 10, w: 86_400 },
      "owner-daily": { q: 6, w: 86_400 },
    });
    assert.equal(parseField(answer, "ratelimit")["owner-daily"]?.["r"], 1);
    assert.equal((await bench.ask("/hello", second.raw)).status, 200);
    const refused = await bench.ask("/hello", second.raw);
    const problem = expectProblem(refused, 429, "rate-limit-exceeded");
    assert.deepEqual(problem["violated-policies"], ["owner-daily"]);
    // A request that the owner's limit refuses costs its key nothing.
    assert.equal(parseField(refused, "ratelimit")["daily"]?.["r"], 8);
    assert.equal((await bench.ask("/hello", other.raw)).status, 200);
  });

  test("keeps the count of a key that is rotated", options, async (bench) => {
    const { key, raw } = await bench.key();
    for (let times = 0; times < 3; times += 1) await bench.ask("/hello", raw);
    const successor = await bench.kw.keys.rotate(key.id);
    const nextRaw = bench.remember(successor.secret.reveal());
    assert.equal(expectLimits(await bench.ask("/hello", nextRaw), tight).burst, 0);
    for (const each of [raw, nextRaw]) {
      expectProblem(await bench.ask("/hello", each), 429, "rate-limit-exceeded");
    }
  });

  test("applies a key's own limits in place of its plan's", options, async (bench) => {
    const limits = { rate: 1, burst: 1, daily: 1 };
    const { raw } = await bench.key({ limits });
    expectLimits(await bench.ask("/hello", raw), limits);
    expectProblem(await bench.ask("/hello", raw), 429, "rate-limit-exceeded");
  });

  test(
    "admits requests over their limits in observe mode, and can be switched while running",
    { ...options, mode: "observe" },
    async (bench) => {
      const { key, raw } = await bench.key();
      for (let times = 0; times < 6; times += 1) assert.equal((await bench.ask("/hello", raw)).status, 200);
      const [row] = await bench.usage(key.id);
      assert.deepEqual([row?.admitted, row?.observed, row?.refused], [6, 2, 0]);
      bench.kw.setMode("enforce");
      expectProblem(await bench.ask("/hello", raw), 429, "rate-limit-exceeded");
      bench.kw.setMode("observe", { plan: "default" });
      assert.equal((await bench.ask("/hello", raw)).status, 200);
    },
  );

  test("adds X-RateLimit headers, if configured", { ...options, legacyHeaders: true }, async (bench) => {
    const { raw } = await bench.key();
    const { headers } = await bench.ask("/hello", raw);
    assert.equal(headers["x-ratelimit-limit"], "2");
    assert.equal(headers["x-ratelimit-remaining"], "2");
    assert.ok(Number(headers["x-ratelimit-reset"]) >= bench.clock() / 1000);
  });

  test("counts admitted and refused requests by hour and policy", options, async (bench) => {
    const { key, raw } = await bench.key();
    for (let times = 0; times < 7; times += 1) await bench.ask("/hello", raw);
    const from = new Date(bench.clock());
    const rows = await bench.kw.usage.query({
      keyId: key.id,
      from,
      to: new Date(bench.clock() + 1),
      per: "hour",
    });
    assert.deepEqual(rows, [
      {
        start: from,
        admitted: 4,
        cost: 4,
        refused: 3,
        refusedBy: { sustained: 3, burst: 3 },
        refusedWith: { "rate-limit-exceeded": 3 },
        observed: 0,
        busiestSecond: 7,
      },
    ]);
    assert.deepEqual((await bench.kw.keys.get(key.id))?.lastUsedAt, from);
  });
}
