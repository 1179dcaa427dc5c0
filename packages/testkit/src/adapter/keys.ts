import assert from "node:assert/strict";
import { createKeyward, memoryStore } from "@keyward/core";
import type { AdapterCase } from "../test-adapter.ts";
import { TEST_SECRET } from "./bench.ts";
import { expectProblem } from "./expect.ts";
import type { HttpResponse } from "./http.ts";

const DAY_MS = 86_400_000;

/** The key with another last character: its form is right, its checksum is not. */
export function forge(raw: string): string {
  return `${raw.slice(0, -1)}${raw.endsWith("x") ? "y" : "x"}`;
}

/** The observable parts of a response. */
function visible({ status, headers, text }: HttpResponse): unknown {
  const { date: _date, ...others } = headers;
  return { status, headers: others, text };
}

export function testKeysOverHttp(test: AdapterCase): void {
  test("responds with 401 missing-api-key without a key", {}, async (bench) => {
    const problem = expectProblem(await bench.ask("/hello"), 401, "missing-api-key");
    assert.equal(problem["type"], "urn:keyward:problem:missing-api-key");
  });

  test("never reads a key from the query string or another header", {}, async (bench) => {
    const { raw } = await bench.key();
    expectProblem(await bench.ask(`/hello?x-api-key=${raw}&api_key=${raw}`), 401, "missing-api-key");
    expectProblem(
      await bench.ask("/hello", undefined, { headers: { authorization: `Bearer ${raw}` } }),
      401,
      "missing-api-key",
    );
  });

  test(
    "responds to malformed, forged and unknown keys alike, and looks up only unknown ones",
    {},
    async (bench) => {
      const { raw } = await bench.key();
      const elsewhere = createKeyward({ secret: TEST_SECRET });
      const unknown = bench.remember((await elsewhere.keys.create({ name: "unknown here" })).secret.reveal());
      const stranger = createKeyward({ secret: "another secret, of another deployment altogether" });
      const foreign = bench.remember((await stranger.keys.create({ name: "foreign" })).secret.reveal());
      const answers: HttpResponse[] = [];
      for (const bad of [
        forge(raw),
        foreign,
        "nonsense",
        raw.toUpperCase(),
        `${raw} `.repeat(2),
        "prod_a-b-c-d",
        "__proto__",
      ]) {
        answers.push(await bench.ask("/hello", bench.remember(bad)));
      }
      assert.equal(bench.lookUps.count, 0);
      answers.push(await bench.ask("/hello", unknown));
      assert.equal(bench.lookUps.count, 1);
      for (const answer of answers) {
        expectProblem(answer, 401, "invalid-api-key");
        assert.deepEqual(visible(answer), visible(answers[0] as HttpResponse));
      }
    },
  );

  test("refuses an empty key, two keys, and keys of 257 bytes or 10 KB", {}, async (bench) => {
    const { raw } = await bench.key();
    const refused = async (...lines: readonly string[]) =>
      expectProblem(await bench.askRaw("/hello", ...lines), 401, "invalid-api-key");
    await refused("x-api-key:");
    await refused(`x-api-key: ${raw}`, `X-Api-Key: ${raw}`);
    await refused("x-api-key:", `x-api-key: ${raw}`);
    await refused(`x-api-key: ${raw}`, "x-api-key:");
    await refused(`x-api-key: ${raw}, ${raw}`);
    await refused(`x-api-key: ${"a".repeat(257)}`);
    await refused(`x-api-key: ${"a".repeat(10_240)}`);
    assert.equal(bench.lookUps.count, 0);
    assert.equal(
      (await bench.askRaw("/hello", `X-API-KEY:   ${raw}  `)).status,
      200,
      "spaces around a header value are not part of it",
    );
  });

  test("refuses keys with other characters, ASCII or not", {}, async (bench) => {
    const { raw } = await bench.key();
    const swap = (text: string) => `x-api-key: ${raw.slice(0, 8)}${text}${raw.slice(8 + text.length)}`;
    for (const line of [
      swap("!"),
      swap("+/"),
      swap("\u00e9"),
      swap("\u00ff\u00fe"),
      swap("\t"),
      swap("."),
      swap("%41"),
    ]) {
      expectProblem(await bench.askRaw("/hello", line), 401, "invalid-api-key");
    }
    assert.equal(bench.lookUps.count, 0);
  });

  test("responds with revoked-api-key as soon as a key is revoked", {}, async (bench) => {
    const { key, raw } = await bench.key();
    assert.equal((await bench.ask("/hello", raw)).status, 200);
    await bench.kw.keys.revoke(key.id);
    expectProblem(await bench.ask("/hello", raw), 401, "revoked-api-key");
    expectProblem(await bench.ask("/hello", forge(raw)), 401, "invalid-api-key");
  });

  test("responds with expired-api-key from the millisecond of expiry", {}, async (bench) => {
    const { raw } = await bench.key({ expiresAt: new Date(bench.clock() + 5000) });
    bench.clock.advance(4999);
    assert.equal((await bench.ask("/hello", raw)).status, 200);
    bench.clock.advance(1);
    expectProblem(await bench.ask("/hello", raw), 401, "expired-api-key");
  });

  test("responds with paused-api-key while a key or its owner is paused", {}, async (bench) => {
    const { key, raw } = await bench.key({ ownerId: "acme" });
    assert.equal((await bench.ask("/hello", raw)).status, 200);
    await bench.kw.keys.pause(key.id, { reason: "Unpaid invoice" });
    const problem = expectProblem(await bench.ask("/hello", raw), 401, "paused-api-key");
    assert.doesNotMatch(JSON.stringify(problem), /invoice/);
    expectProblem(await bench.ask("/hello", forge(raw)), 401, "invalid-api-key");
    await bench.kw.owners.pause("acme");
    await bench.kw.keys.resume(key.id);
    expectProblem(await bench.ask("/hello", raw), 401, "paused-api-key");
    await bench.kw.owners.resume("acme");
    assert.equal((await bench.ask("/hello", raw)).status, 200);
  });

  test(
    "responds with address-not-allowed outside the networks of a key, and counts nothing",
    {},
    async (bench) => {
      const { key, raw } = await bench.key({ allowedAddresses: ["203.0.113.0/24"] });
      const problem = expectProblem(await bench.ask("/hello", raw), 403, "address-not-allowed");
      assert.doesNotMatch(JSON.stringify(problem), /203\.0\.113/);
      assert.equal((await bench.kw.quota(key)).remaining["daily"], 2000);
      bench.from("203.0.113.9");
      assert.equal((await bench.ask("/hello", raw)).status, 200);
    },
  );

  const store = memoryStore();
  test("responds with wrong-environment to a key for another environment", { store }, async (bench) => {
    const testServer = createKeyward({ secret: TEST_SECRET, store, environments: ["test"] });
    const raw = bench.remember((await testServer.keys.create({ name: "for tests" })).secret.reveal());
    assert.ok(raw.startsWith("test_"));
    const problem = expectProblem(await bench.ask("/hello", raw), 401, "wrong-environment");
    assert.match(String(problem["detail"]), /"test".*prod/);
    expectProblem(await bench.ask("/hello", forge(raw)), 401, "invalid-api-key");
  });

  test("refuses a rotated key at the end of its overlap, or at once without one", {}, async (bench) => {
    const { key, raw } = await bench.key();
    const second = await bench.kw.keys.rotate(key.id, { overlapMs: 0 });
    const secondRaw = bench.remember(second.secret.reveal());
    expectProblem(await bench.ask("/hello", raw), 401, "revoked-api-key");
    assert.equal((await bench.ask("/hello", secondRaw)).status, 200);

    const third = await bench.kw.keys.rotate(second.key.id);
    const thirdRaw = bench.remember(third.secret.reveal());
    bench.clock.advance(DAY_MS - 1);
    assert.equal((await bench.ask("/hello", secondRaw)).status, 200);
    assert.equal((await bench.ask("/hello", thirdRaw)).status, 200);
    bench.clock.advance(1);
    expectProblem(await bench.ask("/hello", secondRaw), 401, "expired-api-key");
    assert.equal((await bench.ask("/hello", thirdRaw)).status, 200);
  });

  test(
    "responds with 503 and never 401 while the store is down, and admits cached keys",
    {},
    async (bench) => {
      const cached = await bench.key({ name: "cached" });
      const other = await bench.key({ name: "other" });
      assert.equal((await bench.ask("/hello", cached.raw)).status, 200);
      bench.lookUps.fail = true;
      const answer = await bench.ask("/hello", other.raw);
      expectProblem(answer, 503, "key-store-unavailable");
      assert.equal(answer.headers["retry-after"], "1");
      bench.clock.advance(60_000);
      assert.equal(
        (await bench.ask("/hello", cached.raw)).status,
        200,
        "a cached key is admitted for five minutes",
      );
      expectProblem(await bench.ask("/hello", forge(other.raw)), 401, "invalid-api-key");
      bench.clock.advance(250_000);
      expectProblem(await bench.ask("/hello", cached.raw), 503, "key-store-unavailable");
      bench.lookUps.fail = false;
      assert.equal((await bench.ask("/hello", other.raw)).status, 200);
    },
  );

  test("applies changed limits of a key at once", {}, async (bench) => {
    const { key, raw } = await bench.key();
    await bench.ask("/hello", raw);
    await bench.kw.keys.update(key.id, { limits: { rate: 1, burst: 1, daily: 1 } });
    expectProblem(await bench.ask("/hello", raw), 429, "rate-limit-exceeded");
  });
}
