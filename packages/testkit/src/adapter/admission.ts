import assert from "node:assert/strict";
import type { AdapterCase } from "../test-adapter.ts";
import { expectLimits, expectProblem } from "./expect.ts";

export function testAdmissionOverHttp(test: AdapterCase): void {
  test("admits a valid key, and passes it to the route", {}, async (bench) => {
    const { raw } = await bench.key({ name: "billing" });
    const answer = await bench.ask("/hello", raw);
    assert.equal(answer.status, 200);
    assert.deepEqual(JSON.parse(answer.text), { hello: "billing" });
    assert.deepEqual(expectLimits(answer), { sustained: 200, burst: 499, daily: 1999 });
    assert.equal(answer.headers["retry-after"], undefined);
  });

  test("does not touch routes that it is not mounted on", {}, async (bench) => {
    const answer = await bench.ask("/open");
    assert.deepEqual([answer.status, JSON.parse(answer.text)], [200, { open: true }]);
    assert.equal(answer.headers["ratelimit"], undefined);
  });

  test("counts a request whose route fails, and sends its limits", { needs: "errors" }, async (bench) => {
    const { raw } = await bench.key();
    const answer = await bench.ask("/broken", raw);
    assert.equal(answer.status, 500);
    assert.equal(expectLimits(answer).daily, 1999);
  });

  test("treats HEAD as GET, and refuses it without a body", {}, async (bench) => {
    const { raw } = await bench.key();
    const admitted = await bench.ask("/hello", raw, { method: "HEAD" });
    assert.deepEqual([admitted.status, admitted.text], [200, ""]);
    assert.equal(expectLimits(admitted).daily, 1999);
    const refused = await bench.ask("/hello", undefined, { method: "HEAD" });
    assert.deepEqual([refused.status, refused.text], [401, ""]);
    assert.equal(refused.headers["content-type"], "application/problem+json");
  });

  test(
    "responds with 403 insufficient-scope and the required scopes, and counts nothing",
    {},
    async (bench) => {
      const { raw } = await bench.key({ scopes: ["reports:read"] });
      const answer = await bench.ask("/reports", raw, { method: "POST" });
      const problem = expectProblem(answer, 403, "insufficient-scope");
      assert.deepEqual(problem["required-scopes"], ["reports:write"]);
      assert.equal(expectLimits(await bench.ask("/hello", raw)).daily, 1999);
    },
  );

  test("charges the cost of a route, fixed or computed from the request", {}, async (bench) => {
    const { raw } = await bench.key({ scopes: ["reports:write"] });
    const made = await bench.ask("/reports", raw, { method: "POST" });
    assert.equal(made.status, 201);
    assert.equal(expectLimits(made).daily, 1990);
    assert.equal(expectLimits(await bench.ask("/priced?cost=25", raw)).daily, 1965);
    assert.equal(expectLimits(await bench.ask("/priced?cost=0", raw)).daily, 1965);
  });

  test("counts a request once at two mounts, and applies the inner cost and scopes", {}, async (bench) => {
    const { key, raw } = await bench.key({ scopes: ["inner"] });
    const same = await bench.ask("/nested/same", raw);
    assert.deepEqual([same.status, expectLimits(same).daily], [200, 1999]);
    const inner = await bench.ask("/nested/inner", raw);
    assert.deepEqual([inner.status, expectLimits(inner).daily], [200, 1996]);
    const [row] = await bench.usage(key.id);
    assert.deepEqual([row?.admitted, row?.cost], [2, 4]);
  });

  test(
    "takes back what an outer mount counted when the inner mount refuses",
    { plans: { default: { rate: 5, burst: 5, daily: 50 } } },
    async (bench) => {
      const { key, raw } = await bench.key();
      for (let times = 0; times < 9; times += 1) {
        expectProblem(await bench.ask("/nested/inner", raw), 403, "insufficient-scope");
      }
      await bench.kw.keys.update(key.id, { scopes: ["inner"] });
      for (let times = 0; times < 3; times += 1) await bench.ask("/hello", raw);
      // Two of five remain: enough for the outer mount, not for the cost of the inner one.
      expectProblem(await bench.ask("/nested/inner", raw), 429, "rate-limit-exceeded");
      assert.deepEqual((await bench.kw.quota(key)).remaining, { sustained: 2, burst: 2, daily: 47 });
      const [row] = await bench.usage(key.id);
      assert.deepEqual([row?.admitted, row?.cost], [3, 3]);
      assert.deepEqual(row?.refusedWith, { "insufficient-scope": 9, "rate-limit-exceeded": 1 });
    },
  );

  const base = "https://api.example.com/problems/";
  test("builds problem types from problemTypeBase", { problemTypeBase: base }, async (bench) => {
    const problem = expectProblem(await bench.ask("/hello"), 401, "missing-api-key");
    assert.equal(problem["type"], `${base}missing-api-key`);
  });

  const down = {
    consume: () => Promise.reject(new Error("the limiter is down")),
    peek: () => Promise.reject(new Error("the limiter is down")),
    reset: () => {},
    close: async () => {},
  };
  test("responds with 503 limiter-unavailable when the limiter fails", { limiter: down }, async (bench) => {
    const { raw } = await bench.key();
    const answer = await bench.ask("/hello", raw);
    expectProblem(answer, 503, "limiter-unavailable");
    assert.equal(answer.headers["retry-after"], "1");
  });
}
