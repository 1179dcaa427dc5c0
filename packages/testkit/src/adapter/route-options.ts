import assert from "node:assert/strict";
import type { AdapterCase } from "../test-adapter.ts";
import type { TestBench } from "./bench.ts";
import { expectLimits, expectProblem } from "./expect.ts";
import type { TestMount, TestRoute } from "./routes.ts";

const route = (path: string, mount: TestMount, more: Partial<TestRoute> = {}): TestRoute => ({
  path,
  mounts: [mount],
  handle: () => ({ body: {} }),
  ...more,
});

const settled = async (bench: TestBench) => {
  // The client has the response before the server knows that it is sent.
  await new Promise((resolve) => setTimeout(resolve, 20));
  return bench;
};

export function testRouteOptions(test: AdapterCase): void {
  const any = { routes: [route("/any", { anyScope: ["reports:read", "reports:write"] })] };
  test("accepts one of several scopes", any, async (bench) => {
    const [{ raw }, without] = [
      await bench.key({ scopes: ["reports:read"] }),
      await bench.key({ scopes: ["other"] }),
    ];
    assert.equal((await bench.ask("/any", raw)).status, 200);
    const problem = expectProblem(await bench.ask("/any", without.raw), 403, "insufficient-scope");
    assert.deepEqual(problem["required-scopes"], ["reports:read", "reports:write"]);
  });

  const skips = {
    failedAttempts: false as const,
    routes: [
      route("/skip", { skip: (call) => call.query("skip") === "yes" }),
      route("/skip-later", { skip: (async () => true) as never }),
      route("/skip-truthy", { skip: (() => "yes") as never }),
    ],
  };
  test("lets a request pass only where skip returns true", skips, async (bench) => {
    const { raw } = await bench.key();
    const skipped = await bench.ask("/skip?skip=yes");
    assert.deepEqual([skipped.status, skipped.headers["ratelimit"]], [200, undefined]);
    expectProblem(await bench.ask("/skip?skip=no"), 401, "missing-api-key");
    for (const path of ["/skip-later", "/skip-truthy"]) {
      assert.equal((await bench.ask(path)).status, 500);
      assert.equal((await bench.ask(path, raw)).status, 500);
    }
  });

  const refused = {
    failedAttempts: false as const,
    routes: [
      route("/own", {
        onRefused: (refusal, call) => call.respond(refusal.status, `refused: ${refusal.problem.code}`),
      }),
      route("/own-later", {
        onRefused: async (_refusal, call) => {
          await Promise.resolve();
          return call.respond(418, "later");
        },
      }),
      route("/noted", { onRefused: () => {} }),
      route("/noted-later", { onRefused: async () => {} }),
    ],
  };
  test(
    "has onRefused write the response, and sends its own where nothing was written",
    refused,
    async (bench) => {
      const { raw } = await bench.key();
      const own = await bench.ask("/own");
      assert.deepEqual([own.status, own.text], [401, "refused: missing-api-key"]);
      assert.match(String(own.headers["www-authenticate"]), /^ApiKey/);
      assert.equal(own.headers["cache-control"], "no-store");
      const later = await bench.ask("/own-later");
      assert.deepEqual([later.status, later.text], [418, "later"]);
      expectProblem(await bench.ask("/noted"), 401, "missing-api-key");
      expectProblem(await bench.ask("/noted-later"), 401, "missing-api-key");
      for (const path of ["/own", "/own-later", "/noted", "/noted-later"]) {
        assert.equal((await bench.ask(path, raw)).status, 200);
      }
    },
  );

  const tight = { rate: 5, burst: 5, daily: 50 };
  const visitors = {
    plans: { visitors: { rate: 2 }, default: tight },
    routes: [
      route(
        "/anyone",
        { anonymous: "visitors" },
        {
          handle: ({ apiKey, apiKeyOf, admissionOf }) => {
            let thrown = "";
            try {
              apiKeyOf();
            } catch (error) {
              thrown = (error as { code: string }).code;
            }
            return {
              body: {
                field: apiKey ?? null,
                key: admissionOf().key ?? null,
                plan: admissionOf().plan,
                thrown,
              },
            };
          },
        },
      ),
      { ...route("/anyone/members", {}), mounts: [{ anonymous: "visitors" }, {}] },
    ],
  };
  test("admits requests without a key where the route has a plan for them", visitors, async (bench) => {
    const { raw } = await bench.key();
    const anonymous = await bench.ask("/anyone");
    const { thrown, ...body } = JSON.parse(anonymous.text);
    assert.deepEqual([anonymous.status, body], [200, { field: null, key: null, plan: "visitors" }]);
    assert.equal(thrown, "not-admitted");
    assert.match(String(anonymous.headers["ratelimit-policy"]), /^"sustained";q=2;w=1/);
    expectProblem(await bench.ask("/anyone/members"), 401, "missing-api-key");
    expectProblem(await bench.ask("/anyone", "wrong"), 401, "invalid-api-key");
    assert.equal((await bench.ask("/anyone")).status, 200, "what was refused has cost nothing");
    expectProblem(await bench.ask("/anyone"), 429, "rate-limit-exceeded");
    assert.equal((await bench.ask("/anyone/members", raw)).status, 200);
  });

  const budgets = {
    plans: { default: { ...tight, budgets: { search: { rate: 3 }, tokens: { daily: 100 } } } },
    routes: [route("/search", { budgets: { search: 1, tokens: (call) => Number(call.query("tokens")) } })],
  };
  test("charges budgets in addition to the cost", budgets, async (bench) => {
    const { key, raw } = await bench.key();
    assert.equal((await bench.ask("/search?tokens=30", raw)).status, 200);
    const { remaining } = await bench.kw.quota(key);
    assert.deepEqual(
      [remaining["daily"], remaining["search-sustained"], remaining["tokens-daily"]],
      [49, 2, 70],
    );
    const refusal = expectProblem(await bench.ask("/search?tokens=80", raw), 429, "rate-limit-exceeded");
    assert.deepEqual(refusal["violated-policies"], ["tokens-daily"]);
  });

  const settling = {
    plans: { default: { ...tight, budgets: { tokens: { daily: 100 } } } },
    routes: [
      route(
        "/failing",
        { cost: 3, settle: (call) => (call.status() >= 500 ? 0 : undefined) },
        {
          handle: () => ({ status: 503, body: {} }),
        },
      ),
      route("/working", { cost: 3, settle: (call) => (call.status() >= 500 ? 0 : undefined) }),
      route("/estimated", {
        budgets: { tokens: 50 },
        settle: async () => ({ cost: 2, budgets: { tokens: 12 } }),
      }),
      route(
        "/by-hand",
        { cost: 5 },
        {
          handle: ({ admissionOf }) => {
            void admissionOf().settle({ cost: 1 });
            void admissionOf().settle({ cost: 4 });
            return { body: {} };
          },
        },
      ),
      {
        ...route("/nested-settle", {}),
        mounts: [
          { cost: 2, settle: () => 0 },
          { cost: 4, settle: () => 1 },
        ],
      },
    ],
  };
  test("settles the cost when the response is finished", settling, async (bench) => {
    const daily = async (path: string) => {
      const { key, raw } = await bench.key();
      await bench.ask(path, raw);
      const { remaining } = await (await settled(bench)).kw.quota(key);
      return [remaining["daily"], remaining["tokens-daily"]];
    };
    assert.deepEqual(await daily("/failing"), [50, 100]);
    assert.deepEqual(await daily("/working"), [47, 100]);
    assert.deepEqual(await daily("/estimated"), [48, 88]);
    assert.deepEqual(await daily("/by-hand"), [49, 100]);
    assert.deepEqual(await daily("/nested-settle"), [49, 100]);
  });

  test("refuses options that cannot work when the application starts", {}, async (bench) => {
    for (const [mount, message] of [
      [
        { budgets: { search: 1 } },
        /^budgets must be an object of costs by budget name; no plan defines a budget/,
      ],
      [
        { anonymous: "visitors" },
        /^anonymous must be the name of a plan with its own limits; there are default; got "visitors"/,
      ],
      [{ scope: ["read"] }, /^keyward\(\) has no option "scope"; there are scopes, anyScope,/],
      [{ cost: -1 }, /^cost must be a whole number, 0 or more, or a function/],
      [{ preflight: "always" }, /^preflight must be "pass" or "check"; got "always"/],
    ] as [TestMount, RegExp][]) {
      await assert.rejects(bench.restart([route("/wrong", mount)]), (error: Error & { code?: string }) => {
        assert.equal(error.code ?? (error.cause as { code?: string } | undefined)?.code, "invalid-option");
        assert.match(
          error.message.replace(/^.*?: (?=budgets|anonymous|keyward|cost|preflight)/, ""),
          message,
        );
        return true;
      });
    }
  });

  test("counts each mount of a nested route once, at its highest cost", {}, async (bench) => {
    const { raw } = await bench.key({ scopes: ["inner"] });
    assert.equal(expectLimits(await bench.ask("/nested/inner", raw)).daily, 1997);
  });
}
