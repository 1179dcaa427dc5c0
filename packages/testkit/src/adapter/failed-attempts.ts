import assert from "node:assert/strict";
import type { AdapterCase } from "../test-adapter.ts";
import { expectProblem, parseField } from "./expect.ts";
import { forge } from "./keys.ts";

const few = { failedAttempts: { limit: 3, windowMs: 60_000 } };

export function testFailedAttempts(test: AdapterCase): void {
  test(
    "responds with 429 after too many, and admits a valid key from the same address",
    few,
    async (bench) => {
      const { raw } = await bench.key();
      expectProblem(await bench.ask("/hello"), 401, "missing-api-key");
      expectProblem(await bench.ask("/hello", "nonsense"), 401, "invalid-api-key");
      expectProblem(await bench.ask("/hello", forge(raw)), 401, "invalid-api-key");
      for (const bad of [undefined, "nonsense", forge(raw)]) {
        const answer = await bench.ask("/hello", bad);
        const problem = expectProblem(answer, 429, "too-many-failed-attempts");
        assert.equal(
          problem["type"],
          "https://iana.org/assignments/http-problem-types#abnormal-usage-detected",
        );
        const seconds = Number(answer.headers["retry-after"]);
        assert.ok(Number.isSafeInteger(seconds) && seconds >= 1 && seconds <= 60);
        assert.deepEqual(parseField(answer, "ratelimit-policy"), { "failed-attempts": { q: 3, w: 60 } });
        assert.ok((parseField(answer, "ratelimit")["failed-attempts"]?.["t"] ?? Number.NaN) <= seconds);
      }
      assert.equal(bench.lookUps.count, 0);
      assert.equal((await bench.ask("/hello", raw)).status, 200, "not cached, and right");
      assert.equal((await bench.ask("/hello", raw)).status, 200, "cached");
    },
  );

  test("does not count what a valid key is refused for", few, async (bench) => {
    const { key, raw } = await bench.key();
    await bench.kw.keys.revoke(key.id);
    for (let times = 0; times < 5; times += 1)
      expectProblem(await bench.ask("/hello", raw), 401, "revoked-api-key");
    expectProblem(await bench.ask("/hello"), 401, "missing-api-key");
  });

  test("counts a client by its bits: an IPv4 address however written, an IPv6 /56", few, async (bench) => {
    const exhaust = async (address: string) => {
      bench.from(address);
      for (let times = 0; times < 3; times += 1)
        expectProblem(await bench.ask("/hello"), 401, "missing-api-key");
    };
    const over = async (address: string) => {
      bench.from(address);
      return (await bench.ask("/hello")).status === 429;
    };
    await exhaust("203.0.113.1");
    assert.equal(await over("::ffff:203.0.113.1"), true);
    assert.equal(await over("::ffff:cb00:7101"), true);
    assert.equal(await over("203.0.113.2"), false);
    assert.equal(await over("::ffff:203.0.113.3"), false);
    await exhaust("2001:db8:1:ff00::1");
    assert.equal(await over("2001:db8:1:ffff:ffff::2"), true);
    assert.equal(await over("2001:db8:1:fe00::1"), false);
  });

  test("takes the client's address from a proxy only if it is trusted", few, async (bench) => {
    const claim = (number: number) =>
      bench.ask("/hello", undefined, { headers: { "x-forwarded-for": `198.51.100.${number}` } });
    for (let number = 1; number <= 3; number += 1) expectProblem(await claim(number), 401, "missing-api-key");
    expectProblem(await claim(4), 429, "too-many-failed-attempts");
  });

  test(
    "counts clients once behind a trusted proxy that adds ports, and shares no count where it names no address",
    { ...few, trustLoopbackProxy: true },
    async (bench) => {
      const claim = (address: string) =>
        bench.ask("/hello", undefined, { headers: { "x-forwarded-for": address } });
      for (const port of [1, 2, 3])
        expectProblem(await claim(`198.51.100.1:${port}`), 401, "missing-api-key");
      expectProblem(await claim("198.51.100.1:4"), 429, "too-many-failed-attempts");
      expectProblem(await claim("198.51.100.2:4"), 401, "missing-api-key");
      for (let times = 0; times < 5; times += 1) {
        expectProblem(await claim("unknown"), 401, "missing-api-key");
      }
    },
  );

  test(
    "counts those behind a trusted proxy each for himself",
    { ...few, trustLoopbackProxy: true },
    async (bench) => {
      const claim = (address: string) =>
        bench.ask("/hello", undefined, { headers: { "x-forwarded-for": address } });
      for (let times = 0; times < 3; times += 1) await claim("198.51.100.1");
      expectProblem(await claim("198.51.100.1"), 429, "too-many-failed-attempts");
      expectProblem(await claim("198.51.100.2"), 401, "missing-api-key");
    },
  );
}
