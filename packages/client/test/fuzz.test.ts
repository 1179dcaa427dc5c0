import fc from "fast-check";
import { serializeList, type Item } from "structured-headers";
import { describe, expect, it } from "vitest";
import { readLimits, retryAfterMs } from "../src/limit-fields.ts";

/** For how long each parser is fed: a moment with the other tests, longer in `npm run check`. */
const BUDGET_MS = Number(process.env["FUZZ_MS"] ?? 300);
const UNTIL_BUDGET = { numRuns: 100_000_000, interruptAfterTimeLimit: BUDGET_MS };
const NOW = Date.UTC(2026, 4, 1, 12);

/** What structured fields are made of, put together as it comes. */
const token = fc.oneof(
  fc.constantFrom('"', ",", ";", "=", "\\", " ", "r", "t", "q", "w", "remaining", "limit", "reset"),
  fc.integer().map(String),
  fc.double().map(String),
  fc.bigInt().map(String),
);
const nonsense = fc.array(token, { maxLength: 40 }).map((pieces) => pieces.join("").trim());
/** The shape of a field, with any values in it. */
const shaped = fc
  .array(fc.tuple(fc.constantFrom("q", "w", "r", "t"), token), { maxLength: 6 })
  .map((pairs) => ["a", ...pairs.map((pair) => pair.join("="))].join(";"));
const older = fc.tuple(token, token, token).map(([q, r, t]) => `limit=${q}, remaining=${r}, reset=${t}`);
const field = fc.oneof(nonsense, shaped, older);

describe("fuzzing", () => {
  it("what a server writes with a library for structured fields is read as it was meant", () => {
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

  it("of nonsense it reads nothing, or numbers that one can wait for", () => {
    fc.assert(
      fc.property(field, field, fc.oneof(nonsense, token), (ratelimit, policy, retryAfter) => {
        for (const limit of readLimits(new Headers({ ratelimit, "ratelimit-policy": policy }), NOW)) {
          expect(limit.quota).toBeGreaterThan(0);
          expect(limit.windowMs).toBeGreaterThan(0);
          expect(limit.remaining).toBeGreaterThanOrEqual(0);
          expect(Number.isFinite(limit.quota + limit.windowMs + limit.remaining)).toBe(true);
          expect(limit.resetAt.getTime()).toBeGreaterThanOrEqual(NOW);
        }
        const wait = retryAfterMs(retryAfter, NOW);
        expect(wait === undefined || (wait >= 0 && Number.isFinite(wait))).toBe(true);
      }),
      UNTIL_BUDGET,
    );
  });

  it("takes no longer for a field that was made to be slow", () => {
    for (const piece of [",", '"', '",', '\\"', ';"', '"a";r=1;t=1,', " ", "=", "remaining=,"]) {
      const slow = piece.repeat(Math.floor(16_000 / piece.length));
      const startedAt = performance.now();
      readLimits(new Headers({ ratelimit: `x${slow}x`, "ratelimit-policy": `x${slow}x` }), NOW);
      expect(performance.now() - startedAt).toBeLessThan(250);
    }
  });
});
