import fc from "fast-check";
import { parseDictionary, parseList, serializeList, type Item } from "structured-headers";
import { describe, expect, it } from "vitest";
import { readLimits } from "../src/limit-fields.ts";
import { readRetryAfterMs } from "../src/retry-after.ts";
import {
  parseDictionary as parseDictionaryHere,
  parseList as parseListHere,
} from "../src/structured-fields.ts";

/** The time for each parser: short with the other tests, longer in `npm run check`. */
const BUDGET_MS = Number(process.env["FUZZ_MS"] ?? 300);
const UNTIL_BUDGET = { numRuns: 100_000_000, interruptAfterTimeLimit: BUDGET_MS };
const NOW = Date.UTC(2026, 4, 1, 12);

/** Parts of structured fields, in any order. */
const token = fc.oneof(
  fc.constantFrom('"', ",", ";", "=", "\\", " ", "r", "t", "q", "w", "remaining", "limit", "reset"),
  fc.integer().map(String),
  fc.double().map(String),
  fc.bigInt().map(String),
);
const nonsense = fc.array(token, { maxLength: 40 }).map((pieces) => pieces.join("").trim());
/** The shape of a field, with any values. */
const shaped = fc
  .array(fc.tuple(fc.constantFrom("q", "w", "r", "t"), token), { maxLength: 6 })
  .map((pairs) => ["a", ...pairs.map((pair) => pair.join("="))].join(";"));
const older = fc.tuple(token, token, token).map(([q, r, t]) => `limit=${q}, remaining=${r}, reset=${t}`);
const field = fc.oneof(nonsense, shaped, older);
/** Items of every type, right and nearly right. */
const PIECES = String.raw`"a" "\\" "\a" a *a:/ A 1 -1 1.5 1.2345 123456789012345 1234567890123456 :YQ==: :!: ?0 ?2 @1 ;a ;a=1 ;=1 =1 a=1 ,`;
const structured = fc
  .array(fc.constantFrom(...PIECES.split(" "), " ", ", ", " ,", "; b"), { maxLength: 6 })
  .map((pieces) => pieces.join(""));

describe("fuzzing", () => {
  it("reads what a library for structured fields writes", () => {
    const whole = fc.nat(1_000_000);
    const name = fc.stringMatching(/^[a-z][a-z0-9 ,;=_-]{0,12}[a-z0-9]$/);
    const limit = fc.record({
      name,
      quota: whole.map((q) => q + 1),
      window: whole.map((w) => w + 1),
      left: whole,
      reset: whole,
    });
    const limits = fc.uniqueArray(limit, { selector: (each) => each.name, minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(limits, (said) => {
        const items = (of: (each: (typeof said)[number]) => Map<string, number>): Item[] =>
          said.map((each) => [each.name, of(each)]);
        const headers = new Headers({
          "ratelimit-policy": serializeList(
            items(
              ({ quota, window }) =>
                new Map([
                  ["q", quota],
                  ["w", window],
                ]),
            ),
          ),
          ratelimit: serializeList(
            items(
              ({ left, reset }) =>
                new Map([
                  ["r", left],
                  ["t", reset],
                ]),
            ),
          ),
        });
        expect(readLimits(headers, NOW)).toEqual(
          said.map(({ name: called, quota, window, left, reset }) => ({
            name: called,
            partition: undefined,
            unit: "requests",
            quota,
            windowMs: window * 1000,
            remaining: left,
            resetAt: new Date(NOW + reset * 1000),
          })),
        );
      }),
      UNTIL_BUDGET,
    );
  });

  it("reads nothing, or valid numbers, from random fields", () => {
    fc.assert(
      fc.property(field, field, fc.oneof(nonsense, token), (ratelimit, policy, retryAfter) => {
        for (const limit of readLimits(new Headers({ ratelimit, "ratelimit-policy": policy }), NOW)) {
          const { quota = 0, windowMs = 1, remaining = 0, resetAt = new Date(NOW) } = limit;
          expect(Math.min(quota, remaining)).toBeGreaterThanOrEqual(0);
          expect(windowMs).toBeGreaterThan(0);
          expect(Number.isFinite(quota + windowMs + remaining)).toBe(true);
          expect(resetAt.getTime()).toBeGreaterThanOrEqual(NOW);
        }
        const wait = readRetryAfterMs(new Headers({ "retry-after": retryAfter }), NOW);
        expect(wait === undefined || (wait >= 0 && Number.isFinite(wait))).toBe(true);
      }),
      UNTIL_BUDGET,
    );
  });

  it("parses hostile fields in linear time", () => {
    for (const piece of [",", '"', '",', '\\"', ';"', '"a";r=1;t=1,', " ", "=", "remaining=,"]) {
      const slow = piece.repeat(Math.floor(16_000 / piece.length));
      const startedAt = performance.now();
      readLimits(new Headers({ ratelimit: `x${slow}x`, "ratelimit-policy": `x${slow}x` }), NOW);
      expect(performance.now() - startedAt).toBeLessThan(250);
    }
  });

  it("accepts and rejects the same lists and dictionaries as the library", () => {
    const accepts = (parse: () => unknown) => {
      try {
        return parse() !== undefined;
      } catch {
        return false;
      }
    };
    fc.assert(
      // Inner lists have no use in these fields and are not accepted.
      fc.property(fc.oneof(field, structured), (untrimmed) => {
        // Header fields have no white space at their ends.
        const text = untrimmed.trim();
        // The library rejects Dates that have parameters.
        fc.pre(!text.includes("@"));
        expect(
          accepts(() => parseListHere(text)),
          text,
        ).toBe(accepts(() => parseList(text)));
        expect(
          accepts(() => parseDictionaryHere(text)),
          text,
        ).toBe(accepts(() => parseDictionary(text)));
      }),
      UNTIL_BUDGET,
    );
  });
});
