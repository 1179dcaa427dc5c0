import { testAdmissionOverHttp } from "./adapter/admission.ts";
import type { AdapterFeature, AdapterUnderTest } from "./adapter/adapter.ts";
import { TestBench, type Given } from "./adapter/bench.ts";
import { testFailedAttempts } from "./adapter/failed-attempts.ts";
import { testKeysOverHttp } from "./adapter/keys.ts";
import { testLimitsOverHttp } from "./adapter/limits.ts";
import { testTransport } from "./adapter/transport.ts";
import { testBodies } from "./adapter/bodies.ts";
import { testCaching } from "./adapter/caching.ts";
import { testKeyPlaces } from "./adapter/key-places.ts";
import { testPreflights } from "./adapter/preflights.ts";
import { testRequestState } from "./adapter/request-state.ts";
import { testRouteOptions } from "./adapter/route-options.ts";
import { testMeOverHttp } from "./adapter/me.ts";
import { testUpgradesOverHttp } from "./adapter/upgrades.ts";
import type { TestRunner } from "./runner.ts";

/** Adds a case with a separate application. */
export type AdapterCase = (
  title: string,
  setup: Given & Needs,
  body: (bench: TestBench) => Promise<void>,
) => void;

/** Requirements of a case that only some adapters meet. */
interface Needs {
  readonly needs?: AdapterFeature | readonly AdapterFeature[];
}

/**
 * Holds an adapter to what a customer of the API sees, over real HTTPS sockets: every status, code,
 * header and body.
 *
 * @example
 * ```ts
 * testAdapter({ describe, it }, { name: "Express 5", start: ({ kw }) => ({ listener: createApp(kw) }) });
 * ```
 */
export function testAdapter({ describe, it }: TestRunner, adapter: AdapterUnderTest): void {
  const test: AdapterCase = (title, { needs, ...setup }, body) => {
    if ([needs ?? []].flat().some((feature) => adapter.lacks?.includes(feature))) return;
    it(title, async () => {
      const bench = await TestBench.open(adapter, setup);
      try {
        await body(bench);
      } finally {
        await bench.close();
      }
    });
  };

  describe(`${adapter.name} adapter`, () => {
    describe("admission", () => testAdmissionOverHttp(test));
    describe("transport", () => testTransport(test));
    describe("keys", () => testKeysOverHttp(test));
    describe("failed attempts", () => testFailedAttempts(test));
    describe("limits", () => testLimitsOverHttp(test));
    describe("places of keys", () => testKeyPlaces(test));
    describe("caching and CORS", () => testCaching(test));
    // Together, since a framework that reads bodies first has no case about them.
    describe("bodies and preflights", () => {
      testBodies(test);
      testPreflights(test);
    });
    describe("options of routes", () => testRouteOptions(test));
    describe("state of requests", () => testRequestState(test));
    describe("GET /me", () => testMeOverHttp(test));
    // Upgrade requests are a matter of sockets.
    if (adapter.lacks?.includes("socket") !== true) describe("upgrades", () => testUpgradesOverHttp(test));
  });
}
