import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { randomBase62 } from "../../src/keys/base62.ts";
import { parseKey } from "../../src/keys/format.ts";
import { generateKey } from "../../src/keys/generate.ts";
import { createSeal } from "../../src/keys/seal.ts";

const seal = createSeal(["a secret of at least thirty-two bytes"]);

describe("the form of a key", () => {
  it("is <environment>_<8>-<4>-<4>-<8>", () => {
    const raw = generateKey("prod", seal).secret.reveal();
    expect(raw).toMatch(/^prod_[0-9A-Za-z]{8}-[0-9A-Za-z]{4}-[0-9A-Za-z]{4}-[0-9A-Za-z]{8}$/);
    expect(parseKey(raw)).toEqual({ environment: "prod", body: raw.slice(0, -9), tail: raw.slice(-8) });
  });

  it("is refused in any other shape", () => {
    const raw = generateKey("prod", seal).secret.reveal();
    for (const bad of [
      "",
      ` ${raw}`,
      `${raw}\n`,
      `${raw}-`,
      raw.replace("prod", "Prod"),
      raw.replace("_", "-"),
    ]) {
      expect(parseKey(bad), bad).toBeUndefined();
    }
    for (const environment of ["", "1a", "a".repeat(17), "a-b", "é"]) {
      expect(parseKey(raw.replace("prod", environment)), environment).toBeUndefined();
    }
  });

  it("never throws, whatever text it is given", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 300 }), (text) => {
        const parsed = parseKey(text);
        expect(parsed === undefined || `${parsed.body}-${parsed.tail}` === text).toBe(true);
      }),
      { numRuns: 5000 },
    );
  });

  it("draws each of the 62 characters equally often", () => {
    const draws = 620_000;
    const counts = new Map<string, number>();
    for (const character of randomBase62(draws)) counts.set(character, (counts.get(character) ?? 0) + 1);
    expect(counts.size).toBe(62);
    let chiSquared = 0;
    for (const count of counts.values()) chiSquared += (count - draws / 62) ** 2 / (draws / 62);
    // 61 degrees of freedom: a fair draw exceeds 135 once in ten million. A byte modulo 62 gives over 2000.
    expect(chiSquared).toBeLessThan(135);
  });
});
