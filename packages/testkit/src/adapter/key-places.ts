import assert from "node:assert/strict";
import type { AdapterCase } from "../test-adapter.ts";
import { forge } from "./keys.ts";
import { expectProblem } from "./expect.ts";

const both = { keyFrom: ["x-api-key", "bearer"] };
const bearerOnly = { keyFrom: ["bearer"] };
const TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJqYW5lIn0.c2lnbmF0dXJl";

export function testKeyPlaces(test: AdapterCase): void {
  test("reads a Bearer token where the server accepts it, and offers it", both, async (bench) => {
    const { raw } = await bench.key();
    const bearer = (value: string) => bench.ask("/hello", undefined, { headers: { authorization: value } });
    assert.equal((await bearer(`Bearer ${raw}`)).status, 200);
    assert.equal((await bearer(`bearer  ${raw}`)).status, 200, "the scheme is not case-sensitive");
    assert.equal((await bench.ask("/hello", raw)).status, 200);
    expectProblem(await bearer(`Bearer ${forge(raw)}`), 401, "invalid-api-key");
    expectProblem(await bearer(`Bearer ${raw} ${raw}`), 401, "invalid-api-key");
    expectProblem(await bearer("Bearer"), 401, "invalid-api-key");
    expectProblem(await bearer(`Basic ${raw}`), 401, "missing-api-key");
    const missing = await bench.ask("/hello");
    expectProblem(missing, 401, "missing-api-key");
    assert.equal(
      missing.headers["www-authenticate"],
      'ApiKey realm="api", header="x-api-key", Bearer realm="api"',
    );
  });

  test("refuses a request that presents more than one key", both, async (bench) => {
    const [{ raw }, other] = [await bench.key(), await bench.key()];
    const refused = async (...lines: readonly string[]) =>
      expectProblem(await bench.askRaw("/hello", ...lines), 401, "invalid-api-key");
    await refused(`x-api-key: ${raw}`, `Authorization: Bearer ${raw}`);
    await refused(`x-api-key: ${raw}`, `Authorization: Bearer ${forge(raw)}`);
    await refused(
      `x-api-key: ${raw}`,
      `Authorization: Bearer ${TOKEN}`,
      `authorization: Bearer ${other.raw}`,
    );
    await refused(`Authorization: Bearer ${raw}`, `Authorization: Bearer ${other.raw}`);
    await refused(`Authorization: Basic YTpi`, `x-api-key: ${raw}`, `authorization: bearer ${raw}`);
    await refused(`x-api-key: ${raw}`, `x-api-key: ${other.raw}`);
    assert.equal(bench.lookUps.count, 0);
  });

  test("ignores a Bearer token that is not a key where another place holds one", both, async (bench) => {
    const { raw } = await bench.key();
    const headers = { authorization: `Bearer ${TOKEN}` };
    assert.equal((await bench.ask("/hello", raw, { headers })).status, 200);
    expectProblem(await bench.ask("/hello", undefined, { headers }), 401, "invalid-api-key");
  });

  test("accepts keys only where the server says", bearerOnly, async (bench) => {
    const { raw } = await bench.key();
    const missing = await bench.ask("/hello", raw);
    assert.equal(missing.status, 401);
    assert.equal(missing.headers["www-authenticate"], 'Bearer realm="api"');
    const admitted = await bench.ask("/hello", undefined, { headers: { authorization: `Bearer ${raw}` } });
    assert.deepEqual([admitted.status, admitted.headers["vary"]], [200, "Authorization"]);
  });
}
