import { createKeyFinder, createKeyward, MAX_KEY_LENGTH } from "@keyward/core";
import fc from "fast-check";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { OLDER_SECRET, SECRET } from "../secrets.ts";

const LOOKS_LIKE = "prod_Q3v9ZkT1-x8Lm-0RaB-1a234b56";

const ENVIRONMENTS = ["prod", "a", "abcdefghijklmnop"];

async function newKeys(count: number, secret = SECRET): Promise<string[]> {
  const raw: string[] = [];
  for (let number = 0; number < count; number += 1) {
    const prefix = [undefined, "b", "qrstuvwxyzabcdef"][Math.floor(number / 3) % 3];
    const kw = createKeyward({ secret, environments: ENVIRONMENTS, prefix });
    const environment = ENVIRONMENTS[number % 3] as string;
    raw.push((await kw.keys.create({ name: "a", environment })).secret.reveal());
  }
  return raw;
}

describe("createKeyFinder", () => {
  it("finds every key and its position, whatever surrounds it", async () => {
    const keys = await newKeys(9);
    const findKeys = createKeyFinder({ secret: SECRET });
    const around = fc.string({
      unit: fc.constantFrom("\n", " ", '"', "-", "=", "é", "0", "Z", "/", "😀"),
    });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(around, fc.constantFrom(...keys)), { maxLength: 5 }),
        around,
        (parts, end) => {
          // Letters and digits that touch a key make it part of a longer word.
          const text = `${parts.map(([before, key]) => `${before}\t${key}\t`).join("")}${end}`;
          const found = findKeys(text);
          expect(found.map(({ secret }) => secret.reveal())).toEqual(parts.map(([, key]) => key));
          for (const { start, end: to, secret } of found) expect(text.slice(start, to)).toBe(secret.reveal());
        },
      ),
    );
    expect(Math.max(...keys.map(({ length }) => length))).toBe(MAX_KEY_LENGTH);
  });

  it.each([
    [`key=${LOOKS_LIKE}`, LOOKS_LIKE],
    [`MY_${LOOKS_LIKE}`, LOOKS_LIKE],
    [`0${LOOKS_LIKE}`, LOOKS_LIKE],
    [`${LOOKS_LIKE}-more`, LOOKS_LIKE],
    [`x${"y".repeat(15)}z_${LOOKS_LIKE.slice(5)}`, `${"y".repeat(15)}z_${LOOKS_LIKE.slice(5)}`],
    [`key=acme_${LOOKS_LIKE}`, `acme_${LOOKS_LIKE}`],
    [`a_b_${LOOKS_LIKE}`, `b_${LOOKS_LIKE}`],
  ])("finds the form of a key in %j", (text, expected) => {
    expect(createKeyFinder()(text).map(({ secret }) => secret.reveal())).toEqual([expected]);
  });

  it.each([
    LOOKS_LIKE.slice(0, -1),
    `${LOOKS_LIKE}7`,
    LOOKS_LIKE.slice(4),
    LOOKS_LIKE.replace("prod", "PROD"),
    "prod_********-****-****-1a234b56",
    "id_123e4567-e89b-12d3-a456-426614174000",
  ])("finds nothing in %j", (text) => {
    expect(createKeyFinder()(text)).toEqual([]);
  });

  it("finds a key that directly follows other letters, with the secret", async () => {
    const keys = await newKeys(3);
    const findKeys = createKeyFinder({ secret: SECRET });
    for (const key of keys) {
      expect(findKeys(`the9key${key}`).map(({ secret }) => secret.reveal())).toContain(key);
    }
  });

  it("finds only keys of this deployment with the secret, also those of an older secret", async () => {
    const [old] = (await newKeys(1, OLDER_SECRET)) as [string];
    const text = `${LOOKS_LIKE} ${old}`;
    expect(createKeyFinder({ secret: SECRET })(text)).toEqual([]);
    expect(createKeyFinder({ secret: [SECRET, OLDER_SECRET] })(text)).toHaveLength(1);
    expect(() => createKeyFinder({ secret: "short" })).toThrow("secret must be at least 32 bytes; got 5.");
  });

  it("prints found keys in masked form only", () => {
    const found = createKeyFinder()(LOOKS_LIKE);
    expect(inspect(found) + JSON.stringify(found)).not.toContain("Q3v9ZkT1");
    expect(String(found[0]?.secret)).toBe("prod_********-****-****-1a234b56");
  });
});

describe("identify", () => {
  it("returns the key for a raw key, whatever its status, and undefined for a forged one", async () => {
    const kw = createKeyward();
    const { key, secret } = await kw.keys.create({ name: "a" });
    await kw.keys.revoke(key.id);
    expect(await kw.keys.identify(secret.reveal())).toMatchObject({ id: key.id, status: "revoked" });
    for (const raw of [LOOKS_LIKE, "", "nonsense"]) expect(await kw.keys.identify(raw)).toBeUndefined();
    expect((await kw.keys.get(key.id))?.lastUsedAt).toBeUndefined();
  });
});
