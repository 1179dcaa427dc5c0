import { createHash } from "node:crypto";
import { createKeyward, type ImportKeyInput, type Keyward, type KeywardOptions } from "@keyward/core";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { countingStore } from "../counting-store.ts";
import { OLDER_SECRET, SECRET } from "../secrets.ts";

describe("import", () => {
  const FOREIGN = "sk_live_4eC39HqLyjWDarjtT1zdp7dc";
  const sha256 = createHash("sha256").update(FOREIGN).digest("hex");

  function setUpImport(options: KeywardOptions = {}) {
    const { store, lookUps } = countingStore();
    const kw: Keyward = createKeyward({ store, importedKeys: /^sk_live_\w{24}$/, ...options });
    const admit = async (key: string, ip = "203.0.113.1") =>
      kw.admit({ header: () => key, secure: true, ip });
    const ask = async (key: string, ip?: string) => {
      const decision = await admit(key, ip);
      return decision.admitted ? decision.key?.name : decision.problem.code;
    };
    return { kw, admit, ask, store, lookUps };
  }

  it.each(["hex", "base64url"] as const)(
    "accepts a key that was issued elsewhere, by its digest in %s",
    async (encoding) => {
      const { kw, ask } = setUpImport();
      const digest = Buffer.from(sha256, "hex").toString(encoding);
      const key = await kw.keys.import({ sha256: digest, name: "moved", hint: "p7dc", ownerId: "acme" });
      expect(key).toMatchObject({ name: "moved", masked: "********p7dc", ownerId: "acme", status: "active" });
      expect(await ask(FOREIGN)).toBe("moved");
      await kw.keys.revoke(key.id);
      expect(await ask(FOREIGN)).toBe("revoked-api-key");
      // Importing it again does not reactivate it.
      await expect(kw.keys.import({ sha256, name: "again" })).rejects.toMatchObject({ code: "key-conflict" });
      expect((await kw.audit.list()).events.map(({ action }) => action)).toEqual([
        "key.revoked",
        "key.imported",
      ]);
    },
  );

  it("stores nothing that reveals the digest, and makes a label for a key without a hint", async () => {
    const { kw, store } = setUpImport();
    const { masked } = await kw.keys.import({ sha256, name: "moved" });
    expect(masked).toMatch(/^\*{8}[\w-]{8}$/);
    const stored = JSON.stringify(await store.list({}, { order: "newest", limit: 1 }));
    expect(stored).not.toContain(sha256);
    expect(stored).not.toContain(Buffer.from(sha256, "hex").toString("base64url"));
  });

  it("finds a key that was imported under an older secret", async () => {
    const [older, newer] = [OLDER_SECRET, SECRET];
    const before = setUpImport({ secret: older });
    await before.kw.keys.import({ sha256, name: "moved" });
    const after = setUpImport({ secret: [newer, older], store: before.store });
    expect(await after.ask(FOREIGN)).toBe("moved");
    const forgotten = setUpImport({ secret: newer, store: before.store });
    expect(await forgotten.ask(FOREIGN)).toBe("invalid-api-key");
  });

  describe("of many clients at one address", () => {
    beforeEach(() => void vi.useFakeTimers());
    afterEach(() => void vi.useRealTimers());
    const invented = (number: number) => `sk_live_${String(number).padStart(24, "0")}`;

    it("looks up invented keys until their client has failed too often, and then ten per second", async () => {
      const { kw, admit, ask, lookUps } = setUpImport({ failedAttempts: { limit: 3, windowMs: 60_000 } });
      await kw.keys.import({ sha256, name: "moved" });
      const codes: (string | undefined)[] = [];
      for (let number = 0; number < 30; number += 1) codes.push(await ask(invented(number)));
      expect(codes.slice(0, 3)).toEqual(Array(3).fill("invalid-api-key"));
      expect(new Set(codes.slice(3))).toEqual(new Set(["too-many-failed-attempts"]));
      expect(lookUps()).toBe(4 + 10);
      expect(Number((await admit(FOREIGN)).headers["Retry-After"])).toBeGreaterThan(50);
      expect(await ask("pk_test_not_of_that_form", "203.0.113.2")).toBe("invalid-api-key");
      expect(lookUps()).toBe(14);
    });

    it("admits a valid key among the failures of others, and keeps admitting it", async () => {
      const { kw, ask, lookUps } = setUpImport({
        failedAttempts: { limit: 3, windowMs: 60_000 },
        clock: () => Date.now(),
      });
      await kw.keys.import({ sha256, name: "moved" });
      for (let number = 0; number < 30; number += 1) await ask(invented(number));
      expect(await ask(FOREIGN)).toBe("too-many-failed-attempts");
      vi.advanceTimersByTime(1000);
      expect(await ask(FOREIGN)).toBe("moved");
      // Once it was seen, it is looked up again whatever others do.
      for (let number = 0; number < 30; number += 1) await ask(invented(number));
      vi.setSystemTime(Date.now() + 10_000);
      const before = lookUps();
      expect(await ask(FOREIGN)).toBe("moved");
      expect(lookUps()).toBe(before + 1);
    });
  });

  it.each([
    [{ sha256: "p7dc" }, /^sha256 must be the SHA-256 of a key, as 64 hexadecimal digits/],
    [{ sha256, hint: "a whole key is not a hint" }, /^hint must be the last 1 to 8 characters of the key\.$/],
    [{ sha256, hint: "" }, /^hint must be the last 1 to 8 characters of the key\.$/],
    [{ sha256, hint: "a b" }, /^hint must be/],
    [{ sha256: 7 }, /^sha256 must be the SHA-256 of a key, as 64 hexadecimal digits/],
    [{ sha256: `${sha256}00` }, /^sha256 must be/],
    [{ sha256, digest: "x" }, /^import: unknown field "digest"/],
  ])("rejects %j", async (input, message) => {
    const { kw } = setUpImport();
    await expect(kw.keys.import({ name: "a", ...input } as ImportKeyInput)).rejects.toThrow(message);
  });

  it.each(["", "a", "1", "ab", "aaaaaaaaaaaaaaaa", "0".repeat(64)])(
    "rejects the digest of %j",
    async (key) => {
      const { kw } = setUpImport();
      const digest = createHash("sha256").update(key).digest();
      for (const encoding of ["hex", "base64url"] as const) {
        await expect(kw.keys.import({ sha256: digest.toString(encoding), name: "a" })).rejects.toMatchObject({
          code: "invalid-input",
          field: "sha256",
          message: expect.stringMatching(/must not be that of a key which is short or easy to guess/),
        });
      }
      expect((await kw.keys.list()).keys).toEqual([]);
    },
  );

  it("never recognizes a short key, whatever the pattern allows", async () => {
    const { kw, ask, lookUps } = setUpImport({ importedKeys: /^\w+$/, failedAttempts: false });
    for (const [key, code] of [
      ["abcdefghijklmno", "invalid-api-key"],
      ["abababababababababab", "invalid-api-key"],
      ["abcdefghijklmnop", "moved"],
    ] as const) {
      await kw.keys.import({ sha256: createHash("sha256").update(key).digest("hex"), name: "moved" });
      expect(await ask(key)).toBe(code);
    }
    expect(lookUps()).toBe(1);
  });

  it("rejects input that is not an object", async () => {
    const { kw } = setUpImport();
    const message = "import: the input must be an object with at least a sha256 and a name.";
    for (const nothing of [undefined, null, "sk_live"])
      await expect(kw.keys.import(nothing as never)).rejects.toThrow(message);
    expect((await kw.audit.list()).events).toEqual([]);
  });

  it("admits only the imported key of all keys that have its form", async () => {
    const { kw, ask, lookUps } = setUpImport({ failedAttempts: false });
    await kw.keys.import({ sha256, name: "moved" });
    expect(await ask(`sk_live_${"a".repeat(24)}`)).toBe("invalid-api-key");
    expect(await ask(FOREIGN)).toBe("moved");
    expect(lookUps()).toBe(2);
  });
});
