import assert from "node:assert/strict";
import type { AdapterCase } from "../test-adapter.ts";
import type { TestRoute } from "./routes.ts";

const PREFLIGHT = {
  origin: "https://app.example.com",
  "access-control-request-method": "POST",
  "access-control-request-headers": "x-api-key",
};

const route = (path: string, mounts: TestRoute["mounts"]): TestRoute => ({
  method: "OPTIONS",
  path,
  mounts,
  interferes: true,
  handle: ({ apiKey }) => ({ body: { apiKey: apiKey ?? null } }),
});

const routes = [route("/cors", [{}]), route("/checked", [{ preflight: "check" }])];

export function testPreflights(test: AdapterCase): void {
  test(
    "lets preflights pass without a key, uncounted",
    { routes, failedAttempts: { limit: 2 } },
    async (bench) => {
      const ask = (path: string, headers: Record<string, string> = PREFLIGHT) =>
        bench.ask(path, undefined, { method: "OPTIONS", headers });
      for (let times = 0; times < 5; times += 1) {
        const answer = await ask("/cors");
        assert.deepEqual([answer.status, JSON.parse(answer.text)], [200, { apiKey: null }]);
        assert.equal(answer.headers["ratelimit"], undefined);
      }
      assert.equal((await ask("/checked")).status, 401);
      const { origin: _origin, ...withoutOrigin } = PREFLIGHT;
      assert.equal((await ask("/cors", withoutOrigin)).status, 401);
    },
  );

  test("takes nothing else for a preflight", { routes, failedAttempts: false }, async (bench) => {
    const { "access-control-request-method": _method, ...withoutMethod } = PREFLIGHT;
    for (const headers of [
      {},
      withoutMethod,
      { ...PREFLIGHT, "content-type": "application/json", "content-length": "2" },
      { ...PREFLIGHT, "x-http-method-override": "POST" },
      { ...PREFLIGHT, "x-method-override": "DELETE" },
    ]) {
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
      const answer = await bench.askRaw(
        "OPTIONS /cors",
        ...lines,
        ...("content-length" in headers ? ["", "{}"] : []),
      );
      assert.equal(answer.status, 401, lines.join("; "));
    }
    assert.equal((await bench.ask("/hello", undefined, { headers: PREFLIGHT })).status, 401);
  });
}
