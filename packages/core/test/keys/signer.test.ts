import { describe, expect, it } from "vitest";
import { parseKey } from "../../src/keys/format.ts";
import { generateKey } from "../../src/keys/generate.ts";
import { createSigner, fingerprintOf } from "../../src/keys/signer.ts";
import { OLDER_SECRET, OTHER_SECRET, SECRET } from "../secrets.ts";

const signer = createSigner([SECRET]);
const PREFIXES = [undefined, "acme"];

describe("the checksum of a key", () => {
  it("proves that the key was issued under the secret", () => {
    for (const prefix of PREFIXES) {
      for (let times = 0; times < 100; times += 1) {
        const parsed = parseKey(generateKey(prefix, "prod", signer).secret.reveal());
        expect(parsed && signer.issuedUnder(parsed)).toBe(0);
      }
    }
  });

  it("is wrong once any character of the key is changed, also of its prefix", () => {
    for (const prefix of PREFIXES) {
      const raw = generateKey(prefix, "prod", signer).secret.reveal();
      for (let index = 0; index < raw.length; index += 1) {
        if ("_-".includes(raw[index] ?? "")) continue;
        const other = raw[index] === "a" ? "b" : "a";
        const parsed = parseKey(raw.slice(0, index) + other + raw.slice(index + 1));
        expect(parsed && signer.issuedUnder(parsed), `character ${index}`).toBe(-1);
      }
    }
  });

  it("is wrong for a key whose prefix was removed or added", () => {
    const [plain, prefixed] = PREFIXES.map((prefix) => generateKey(prefix, "prod", signer).secret.reveal());
    for (const raw of [`acme_${plain}`, prefixed?.replace("acme_", "") ?? ""]) {
      const parsed = parseKey(raw);
      expect(parsed && signer.issuedUnder(parsed)).toBe(-1);
    }
  });

  it("of another deployment is wrong", () => {
    const foreign = createSigner([OTHER_SECRET]);
    const parsed = parseKey(generateKey(undefined, "prod", foreign).secret.reveal());
    expect(parsed && signer.issuedUnder(parsed)).toBe(-1);
  });

  it("of an older secret is right while that secret is listed", () => {
    const older = createSigner([OLDER_SECRET]);
    const raw = generateKey(undefined, "prod", older).secret.reveal();
    const parsed = parseKey(raw);
    const both = createSigner([SECRET, OLDER_SECRET]);
    expect(parsed && both.issuedUnder(parsed)).toBe(1);
    expect(both.digest(raw, 1)).toBe(older.digest(raw, 0));
    expect(both.digest(raw, 0)).not.toBe(older.digest(raw, 0));
    const next = parseKey(generateKey(undefined, "prod", both).secret.reveal());
    expect(next && both.issuedUnder(next)).toBe(0);
  });
});

describe("the digest of a key", () => {
  it("reveals no part of the key, and neither does its fingerprint", () => {
    const { secret, digest } = generateKey(undefined, "prod", signer);
    expect(digest).toMatch(/^[\w-]{43}$/);
    const stored = digest + Buffer.from(fingerprintOf(secret.reveal()), "latin1").toString("base64url");
    for (const part of secret
      .reveal()
      .split(/[_-]/)
      .filter((text) => text.length === 8))
      expect(stored).not.toContain(part);
  });

  it("has one fingerprint per key, of 32 characters", () => {
    expect(fingerprintOf("a")).toHaveLength(32);
    expect(fingerprintOf("a")).toBe(fingerprintOf("a"));
    expect(fingerprintOf("a")).not.toBe(fingerprintOf("b"));
  });
});

describe("the check values of secrets", () => {
  it("are one per secret, the newest first, and never the value of another use", () => {
    const [newest, older, ...others] = createSigner([SECRET, OLDER_SECRET]).checkValues();
    expect(others).toEqual([]);
    expect(createSigner([SECRET]).checkValues()).toEqual([newest]);
    expect(createSigner([OLDER_SECRET]).checkValues()).toEqual([older]);
    expect(newest).toMatch(/^[\w-]{43}$/);
    // A value that is stored in plain text must not be a digest or a checksum of anything that is presented.
    expect(signer.digest("secret check", 0)).not.toBe(newest);
    expect(signer.importedDigests(Buffer.from("secret check"))[0]).not.toBe(newest);
  });
});
