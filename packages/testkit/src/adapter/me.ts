import assert from "node:assert/strict";
import type { Me } from "@keyward/core";
import type { AdapterCase } from "../test-adapter.ts";
import type { HttpResponse } from "./http.ts";
import { expectProblem } from "./expect.ts";

const options = { plans: { default: { rate: 2, burst: 4, daily: 3 } } };

function meOf(answer: HttpResponse): Me {
  assert.equal(answer.status, 200, answer.text);
  assert.equal(answer.headers["content-type"], "application/json");
  assert.equal(answer.headers["cache-control"], "no-store");
  return JSON.parse(answer.text) as Me;
}

/** The state of a key, for its holder. */
export function testMeOverHttp(test: AdapterCase): void {
  test(
    "returns the limits of the key and what they leave, and counts in no quota",
    options,
    async (bench) => {
      const { raw, key } = await bench.key();
      await bench.ask("/hello", raw);
      const me = meOf(await bench.ask("/me", raw));
      assert.equal(me.key.id, key.id);
      assert.equal(me.plan, "default");
      assert.deepEqual(me.limits, { rate: 2, burst: 4, daily: 3 });
      assert.deepEqual(me.remaining, { sustained: 2, burst: 2, daily: 2 });
      assert.equal(me.resetSeconds["daily"], 12 * 3600);
    },
  );

  test("counts in burst, and responds where a quota is used up", options, async (bench) => {
    const { raw } = await bench.key();
    for (let times = 0; times < 4; times += 1) meOf(await bench.ask("/me", raw));
    expectProblem(await bench.ask("/me", raw), 429, "rate-limit-exceeded");
    for (let times = 0; times < 3; times += 1) {
      bench.clock.advance(2000);
      assert.equal((await bench.ask("/hello", raw)).status, 200);
    }
    bench.clock.advance(2000);
    expectProblem(await bench.ask("/hello", raw), 429, "rate-limit-exceeded");
    assert.equal(meOf(await bench.ask("/me", raw)).remaining["daily"], 0);
    for (let times = 0; times < 3; times += 1) meOf(await bench.ask("/me", raw));
    expectProblem(await bench.ask("/me", raw), 429, "rate-limit-exceeded");
  });

  test("refuses requests without a valid key, and over plain HTTP", {}, async (bench) => {
    const { raw, key } = await bench.key();
    expectProblem(await bench.ask("/me"), 401, "missing-api-key");
    expectProblem(await bench.ask("/me", `${raw}x`), 401, "invalid-api-key");
    expectProblem(await bench.askPlain("/me", raw), 403, "https-required");
    await bench.kw.keys.revoke(key.id);
    expectProblem(await bench.ask("/me", raw), 401, "revoked-api-key");
  });
}
