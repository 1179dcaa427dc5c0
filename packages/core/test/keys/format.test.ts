import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { randomBase62 } from "../../src/keys/base62.ts";
import { parseKey } from "../../src/keys/format.ts";
import { generateKey } from "../../src/keys/generate.ts";
import { createSigner } from "../../src/keys/signer.ts";
import { SECRET } from "../secrets.ts";

const signer = createSigner([SECRET]);

describe("the form of a key", () => {
  it("is <environment>_<8>-<4>-<4>-<8>", () => {
    const raw = generateKey(undefined, "prod", signer).secret.reveal();
    expect(raw).toMatch(/^prod_[0-9A-Za-z]{8}-[0-9A-Za-z]{4}-[0-9A-Za-z]{4}-[0-9A-Za-z]{8}$/);
    expect(parseKey(raw)).toEqual({
      prefix: undefined,
      environment: "prod",
      body: raw.slice(0, -9),
      checksum: raw.slice(-8),
    });
  });

  it("begins with the prefix, if there is one", () => {
    const raw = generateKey("acme", "prod", signer).secret.reveal();
    expect(raw).toMatch(/^acme_prod_[0-9A-Za-z]{8}-[0-9A-Za-z]{4}-[0-9A-Za-z]{4}-[0-9A-Za-z]{8}$/);
    expect(parseKey(raw)).toEqual({
      prefix: "acme",
      environment: "prod",
      body: raw.slice(0, -9),
      checksum: raw.slice(-8),
    });
    for (const bad of [
      `x_${raw}`,
      raw.replace("acme", "Acme"),
      raw.replace("acme", ""),
      raw.replace("acme", "1a"),
    ]) {
      expect(parseKey(bad), bad).toBeUndefined();
    }
  });

  it("is rejected in any other form", () => {
    const raw = generateKey(undefined, "prod", signer).secret.reveal();
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

  it("is parsed without errors from any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 300 }), (text) => {
        const parsed = parseKey(text);
        expect(parsed === undefined || `${parsed.body}-${parsed.checksum}` === text).toBe(true);
      }),
      { numRuns: 5000 },
    );
  });

  it("has each of the 62 characters equally often", () => {
    const draws = 620_000;
    const counts = new Map<string, number>();
    for (const character of randomBase62(draws)) counts.set(character, (counts.get(character) ?? 0) + 1);
    expect(counts.size).toBe(62);
    let chiSquared = 0;
    for (const count of counts.values()) chiSquared += (count - draws / 62) ** 2 / (draws / 62);
    // 61 degrees of freedom: a uniform source exceeds 135 once in ten million. A byte modulo 62 gives over 2000.
    expect(chiSquared).toBeLessThan(135);
  });
});
