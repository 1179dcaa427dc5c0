import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { base62FromNumber, randomBase62 } from "../src/keys/base62.ts";
import { maskKey, parseKey } from "../src/keys/format.ts";
import { generateKey } from "../src/keys/generate.ts";
import { createIds } from "../src/keys/ids.ts";
import { createSeal, fingerprintOf } from "../src/keys/seal.ts";

const SECRET = "a secret of at least thirty-two bytes";
const seal = createSeal([SECRET]);

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

describe("the tail", () => {
  it("proves that the key was issued under the secret", () => {
    for (let times = 0; times < 100; times += 1) {
      const parsed = parseKey(generateKey("prod", seal).secret.reveal());
      expect(parsed && seal.issuedUnder(parsed)).toBe(0);
    }
  });

  it("is wrong as soon as any character of the key is another", () => {
    const raw = generateKey("prod", seal).secret.reveal();
    for (let index = 0; index < raw.length; index += 1) {
      if ("_-".includes(raw[index] ?? "")) continue;
      const other = raw[index] === "a" ? "b" : "a";
      const parsed = parseKey(raw.slice(0, index) + other + raw.slice(index + 1));
      expect(parsed && seal.issuedUnder(parsed), `character ${index}`).toBe(-1);
    }
  });

  it("of another deployment is wrong here", () => {
    const parsed = parseKey(generateKey("prod", createSeal([`${SECRET}!`])).secret.reveal());
    expect(parsed && seal.issuedUnder(parsed)).toBe(-1);
  });

  it("of an older secret is right for as long as that is listed", () => {
    const raw = generateKey("prod", seal).secret.reveal();
    const parsed = parseKey(raw);
    const rotated = createSeal([`${SECRET}, the next`, SECRET]);
    expect(parsed && rotated.issuedUnder(parsed)).toBe(1);
    expect(rotated.digest(raw, 1)).toBe(seal.digest(raw, 0));
    expect(rotated.digest(raw, 0)).not.toBe(seal.digest(raw, 0));
    const next = parseKey(generateKey("prod", rotated).secret.reveal());
    expect(next && rotated.issuedUnder(next)).toBe(0);
  });
});

describe("what is kept of a key", () => {
  it("is a digest that says nothing of it, nor of its fingerprint", () => {
    const { secret, digest } = generateKey("prod", seal);
    expect(digest).toMatch(/^[\w-]{43}$/);
    const shown = digest + Buffer.from(fingerprintOf(secret.reveal()), "latin1").toString("base64url");
    for (const part of secret
      .reveal()
      .split(/[_-]/)
      .filter((text) => text.length === 8))
      expect(shown).not.toContain(part);
  });

  it("has one fingerprint a key, of 32 characters", () => {
    expect(fingerprintOf("a")).toHaveLength(32);
    expect(fingerprintOf("a")).toBe(fingerprintOf("a"));
    expect(fingerprintOf("a")).not.toBe(fingerprintOf("b"));
  });
});

describe("Secret", () => {
  const { secret } = generateKey("prod", seal);
  const raw = secret.reveal();
  const masked = maskKey("prod", raw.slice(-8));

  it("shows the masked form wherever it is printed, serialized or inspected", () => {
    const shown = [
      String(secret),
      secret.toString(),
      `${secret}`,
      "" + (secret as unknown as string),
      JSON.stringify({ secret }),
      inspect(secret),
      inspect({ deep: { secret } }, { depth: 9, showHidden: true }),
      [secret].join(""),
      new Error(String(secret)).stack ?? "",
    ];
    for (const text of shown) {
      expect(text).toContain(masked);
      expect(text).not.toContain(raw.slice(0, 13));
    }
  });

  it("has the key in no field of its own", () => {
    const fields = Object.getOwnPropertyNames(secret).map((name) =>
      String(secret[name as keyof typeof secret]),
    );
    expect(fields).toEqual([masked]);
    expect(JSON.stringify(structuredClone({ ...secret }))).not.toContain(raw);
  });
});

describe("ids", () => {
  it("sort by when they were made, also within a millisecond and with the clock set back", () => {
    let now = 1_750_000_000_000;
    const ids = createIds(() => now);
    const made: string[] = [];
    for (let count = 0; count < 1000; count += 1) {
      if (count === 500) now -= 3_600_000;
      made.push(ids("key"));
    }
    expect(made.toSorted()).toEqual(made);
    expect(new Set(made).size).toBe(1000);
  });

  it("write numbers so that text sorts as they do", () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), (a, b) => {
        expect(base62FromNumber(a, 8) < base62FromNumber(b, 8)).toBe(a < b);
      }),
    );
  });
});
