import { createKeyward, type KeywardError } from "@keyward/core";
import { openStore } from "@keyward/sql";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DATABASES, type TestDatabase } from "./databases.ts";

/** PostgreSQL rejects NUL in text, UTF-8 has no unpaired surrogates, and an integer has 32 bits. SQLite takes all of it. */
const TEXTS = ["\u0000", "key_\u0000", "a\u0000b", "\ud800", "key_\udfff"];

const cursorOf = (...content: readonly unknown[]) =>
  Buffer.from(JSON.stringify(content)).toString("base64url");

const SECRET = "a secret for tests, and for nothing else";

describe.each(Object.keys(DATABASES))("text that a database may reject, on %s", (name) => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await (DATABASES[name] as () => Promise<TestDatabase>)();
  }, 120_000);
  afterAll(() => database.stop(), 120_000);

  it("is rejected as input before it reaches the database", async () => {
    const kw = createKeyward({ secret: SECRET, store: await openStore(await database.create()) });
    const { key } = await kw.keys.create({ name: "a" });
    const codeOf = (call: Promise<unknown>) =>
      call.then(
        () => "done",
        (error: KeywardError) => error.code,
      );
    const [from, to] = [new Date(0), new Date()];
    for (const text of TEXTS) {
      expect(await kw.keys.get(text)).toBeUndefined();
      expect(await kw.keys.identify(text)).toBeUndefined();
      const unknown = [
        kw.keys.update(text, { name: "b" }),
        kw.keys.revoke(text),
        kw.keys.rotate(text),
        kw.keys.pause(text),
        kw.keys.resume(text),
        kw.quota({ ...key, id: text }),
        kw.limits.reset(text),
      ];
      expect(new Set(await Promise.all(unknown.map(codeOf)))).toEqual(new Set(["key-not-found"]));
      const cursors = [cursorOf("newest", text, "a", null), cursorOf("newest", key.id, text, null)];
      const invalid: readonly Promise<unknown>[] = [
        kw.keys.create({ name: text }),
        kw.keys.create({ name: "a", ownerId: text }),
        kw.keys.create({ name: "a", idempotencyKey: text }),
        kw.keys.update(key.id, { name: text }),
        kw.keys.revoke(key.id, { actor: text }),
        ...(["ownerId", "plan", "search", "cursor"] as const).map((field) => kw.keys.list({ [field]: text })),
        ...cursors.map((cursor) => kw.keys.list({ cursor })),
        ...(["ownerId", "keyId", "cursor"] as const).map((field) => kw.audit.list({ [field]: text })),
        kw.usage.query({ keyId: text, from, to, per: "day" }),
        kw.usage.query({ ownerId: text, from, to, per: "day" }),
      ];
      expect(new Set(await Promise.all(invalid.map(codeOf)))).toEqual(new Set(["invalid-input"]));
    }
    for (const lastUsedAt of [0.5, 1e300]) {
      const cursor = cursorOf("last-used", key.id, "a", lastUsedAt);
      expect(await codeOf(kw.keys.list({ order: "last-used", cursor }))).toBe("invalid-input");
    }
    expect(await codeOf(kw.keys.update(key.id, { ifRevision: 2 ** 31 }))).toBe("invalid-input");
    expect(await codeOf(kw.keys.update(key.id, { ifRevision: 2 ** 31 - 1 }))).toBe("key-changed");
    expect(await codeOf(kw.keys.rotate(key.id, { overlapMs: 0.5 }))).toBe("done");
    // Metadata is JSON, which has an escape for each of them.
    const metadata = Object.fromEntries(TEXTS.map((text) => [text, text]));
    const { key: described } = await kw.keys.create({ name: "b", metadata });
    expect((await kw.keys.get(described.id))?.metadata).toEqual(metadata);
    await kw.close();
  }, 60_000);
});
