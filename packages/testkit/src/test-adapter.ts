import { testAdmissionOverHttp } from "./adapter/admission.ts";
import type { AdapterUnderTest } from "./adapter/adapter.ts";
import { TestBench, type Given } from "./adapter/bench.ts";
import { testFailedAttempts } from "./adapter/failed-attempts.ts";
import { testKeysOverHttp } from "./adapter/keys.ts";
import { testLimitsOverHttp } from "./adapter/limits.ts";
import { testTransport } from "./adapter/transport.ts";
import { testUpgradesOverHttp } from "./adapter/upgrades.ts";
import type { TestRunner } from "./runner.ts";

/** Adds a case that has an application of its own. */
export type AdapterCase = (title: string, given: Given, body: (bench: TestBench) => Promise<void>) => void;

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
  const test: AdapterCase = (title, given, body) =>
    it(title, async () => {
      const bench = await TestBench.open(adapter, given);
      try {
        await body(bench);
      } finally {
        await bench.close();
      }
    });

  describe(`${adapter.name} adapter`, () => {
    describe("admission", () => testAdmissionOverHttp(test));
    describe("transport", () => testTransport(test));
    describe("keys", () => testKeysOverHttp(test));
    describe("failed attempts", () => testFailedAttempts(test));
    describe("limits", () => testLimitsOverHttp(test));
    describe("upgrades", () => testUpgradesOverHttp(test));
  });
}
