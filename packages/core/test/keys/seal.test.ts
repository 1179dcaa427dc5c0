import { describe, expect, it } from "vitest";
import { parseKey } from "../../src/keys/format.ts";
import { generateKey } from "../../src/keys/generate.ts";
import { createSeal, fingerprintOf } from "../../src/keys/seal.ts";

const SECRET = "a secret of at least thirty-two bytes";
const seal = createSeal([SECRET]);

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
