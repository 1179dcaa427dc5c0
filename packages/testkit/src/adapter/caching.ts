import assert from "node:assert/strict";
import type { AdapterCase } from "../test-adapter.ts";
import type { HttpResponse } from "./http.ts";
import type { TestRoute } from "./routes.ts";

const route = (path: string, headers: Record<string, string>): TestRoute => ({
  path,
  mounts: [{}],
  handle: () => ({ headers, body: {} }),
});

const routes = [route("/public", { "cache-control": "public, max-age=60" })];

const listOf = (answer: HttpResponse, name: string) =>
  String(answer.headers[name] ?? "")
    .toLowerCase()
    .split(/,\s*/)
    .toSorted();

export function testCaching(test: AdapterCase): void {
  test(
    "keeps shared caches from storing responses, unless the application allows it",
    { routes },
    async (bench) => {
      const { raw } = await bench.key();
      const { headers } = await bench.ask("/hello", raw);
      assert.deepEqual([headers["cache-control"], headers["vary"]], ["private", "x-api-key"]);
      const open = await bench.ask("/public", raw);
      assert.deepEqual(
        [open.headers["cache-control"], open.headers["vary"]],
        ["public, max-age=60", "x-api-key"],
      );
      const nested = await bench.ask("/nested/same", raw);
      assert.deepEqual([nested.headers["cache-control"], nested.headers["vary"]], ["private", "x-api-key"]);
      assert.equal((await bench.ask("/open")).headers["vary"], undefined);
    },
  );

  const headers = { origin: "https://app.example.com" };
  test("exposes its headers to pages of other origins, also where it refuses", {}, async (bench) => {
    const { raw } = await bench.key();
    const exposed = ["api-key-ends", "ratelimit", "ratelimit-policy", "retry-after", "www-authenticate"];
    const admitted = await bench.ask("/hello", raw, { headers });
    assert.deepEqual(listOf(admitted, "access-control-expose-headers"), exposed);
    assert.deepEqual(
      listOf(await bench.ask("/hello", undefined, { headers }), "access-control-expose-headers"),
      exposed,
    );
    assert.equal((await bench.ask("/hello", raw)).headers["access-control-expose-headers"], undefined);
  });

  const named = { requestIdHeader: "x-request-id", legacyHeaders: true, rateLimitHeaders: false } as const;
  test("exposes the headers that it is configured to send", named, async (bench) => {
    const { raw } = await bench.key();
    const admitted = await bench.ask("/hello", raw, { headers });
    assert.equal(admitted.headers["ratelimit"], undefined);
    assert.deepEqual(listOf(admitted, "access-control-expose-headers"), [
      "api-key-ends",
      "retry-after",
      "www-authenticate",
      "x-ratelimit-limit",
      "x-ratelimit-remaining",
      "x-ratelimit-reset",
      "x-request-id",
    ]);
  });

  const tightest = {
    rateLimitHeaders: "tightest",
    plans: { default: { rate: 2, burst: 4, daily: 10 } },
  } as const;
  test("sends only the tightest policy if configured", tightest, async (bench) => {
    const { raw } = await bench.key();
    const first = await bench.ask("/hello", raw);
    assert.equal(first.headers["ratelimit-policy"], '"sustained";q=2;w=1');
    assert.match(String(first.headers["ratelimit"]), /^"sustained";r=2;t=\d+$/);
    for (let times = 0; times < 8; times += 1) {
      bench.clock.advance(1000);
      await bench.ask("/hello", raw);
    }
    bench.clock.advance(1000);
    const last = await bench.ask("/hello", raw);
    assert.equal(last.headers["ratelimit-policy"], '"daily";q=10;w=86400');
    assert.match(String(last.headers["ratelimit"]), /^"daily";r=0;t=\d+$/);
  });
}
