import { createHash } from "node:crypto";
import {
  createKeyward,
  memoryStore,
  type KeywardError,
  type CreateKeyInput,
  type ImportKeyInput,
  type KeywardOptions,
  type KeywardEventName,
  type UpdateKeyInput,
} from "@keyward/core";
import { describe, expect, it } from "vitest";

const HOUR_MS = 3_600_000;
const START = Date.UTC(2025, 5, 15, 12);

function setUp() {
  let now = START;
  const events: [KeywardEventName, object][] = [];
  const hear = (name: KeywardEventName) => (event: object) => void events.push([name, event]);
  const kw = createKeyward({
    store: memoryStore(),
    environments: ["prod", "test"],
    plans: { pro: { rate: 1, burst: 1, daily: 1 } },
    clock: () => now,
    events: {
      "key.created": hear("key.created"),
      "key.revoked": hear("key.revoked"),
      "key.rotated": hear("key.rotated"),
    },
  });
  return { kw, events, advance: (ms: number) => void (now += ms) };
}

describe("create", () => {
  it("gives a record that is safe to show, and the key once", async () => {
    const { kw } = setUp();
    const expiresAt = new Date(START + HOUR_MS);
    const input = {
      name: "billing",
      ownerId: "acme",
      scopes: ["a", "b", "a"],
      plan: "pro",
      expiresAt,
      metadata: { team: 1 },
    };
    const { key, secret } = await kw.keys.create(input);
    expect(key).toMatchObject({
      name: "billing",
      masked: `prod_********-****-****-${secret.reveal().slice(-8)}`,
      environment: "prod",
      ownerId: "acme",
      scopes: ["a", "b"],
      plan: "pro",
      status: "active",
      createdAt: new Date(START),
      expiresAt,
      metadata: { team: 1 },
    });
    expect(await kw.keys.get(key.id)).toEqual(key);
    expect(JSON.stringify(key)).not.toContain(secret.reveal().slice(5, 13));
    expect("digest" in key).toBe(false);
  });

  const bad: readonly [string, unknown, RegExp][] = [
    ["nothing", undefined, /wants an object with at least a name/],
    ["no name", {}, /name: got undefined, wants text/],
    ["a blank name", { name: "  " }, /name: got " {2}"/],
    ["a name with a line break", { name: "a\nb" }, /name/],
    ["a long name", { name: "a".repeat(201) }, /name/],
    ["a misspelt field", { name: "a", scope: [] }, /has no field "scope"; there are name, ownerId/],
    ["scopes in a text", { name: "a", scopes: "a b" }, /scopes: got "a b", wants an array/],
    ["a scope with a space", { name: "a", scopes: ["a b"] }, /scopes: got "a b", wants scopes of/],
    ["an unknown plan", { name: "a", plan: "gold" }, /plan: got "gold", wants one of default, pro/],
    [
      "an unknown environment",
      { name: "a", environment: "dev" },
      /environment: got "dev", wants one of prod, test/,
    ],
    [
      "limits that are none",
      { name: "a", limits: { rate: 5, burst: 1, daily: 1 } },
      /limits.burst: got 1, wants at least the rate/,
    ],
    ["an expiry as text", { name: "a", expiresAt: "tomorrow" }, /expiresAt: got "tomorrow", wants a Date/],
    ["an expiry that is past", { name: "a", expiresAt: new Date(START) }, /expiresAt: .*still to come/],
    ["metadata that is a list", { name: "a", metadata: [] }, /metadata: got an array, wants an object/],
    ["metadata beyond measure", { name: "a", metadata: { a: "x".repeat(9000) } }, /metadata: .*at most 8192/],
    ["metadata that goes in circles", { name: "a", metadata: circle() }, /metadata: .*what JSON can hold/],
  ];
  for (const [mistake, input, message] of bad) {
    it(`refuses ${mistake}, and makes no key`, async () => {
      const { kw } = setUp();
      const made = kw.keys.create(input as CreateKeyInput);
      await expect(made).rejects.toMatchObject({
        code: "invalid-input",
        message: expect.stringMatching(message),
      });
      expect((await kw.keys.list()).keys).toEqual([]);
      expect((await kw.audit.list()).entries).toEqual([]);
    });
  }

  it("keeps hostile text as text", async () => {
    const { kw } = setUp();
    const metadata = JSON.parse('{ "__proto__": { "admin": true }, "constructor": "x" }') as Record<
      string,
      string
    >;
    const { key } = await kw.keys.create({ name: "<script>'\";--", metadata });
    expect(key.name).toBe("<script>'\";--");
    expect(Object.keys(key.metadata)).toEqual(["__proto__", "constructor"]);
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });
});

function circle(): object {
  const round: { self?: object } = {};
  round.self = round;
  return round;
}

describe("import", () => {
  const FOREIGN = "sk_live_4eC39HqLyjWDarjtT1zdp7dc";
  const sha256 = createHash("sha256").update(FOREIGN).digest("hex");

  function setUpImport(options: KeywardOptions = {}) {
    const store = memoryStore();
    let lookUps = 0;
    const counted = {
      ...store,
      findByDigest: (digest: string) => ((lookUps += 1), store.findByDigest(digest)),
    };
    const kw = createKeyward({ store: counted, importedKeys: /^sk_live_\w{24}$/, ...options });
    const ask = async (key: string, ip = "203.0.113.1") => {
      const decision = await kw.admit({ header: () => key, secure: true, ip });
      return decision.admitted ? decision.key.name : decision.problem.code;
    };
    return { kw, ask, store, lookUps: () => lookUps };
  }

  it.each(["hex", "base64url"] as const)(
    "takes a key that was issued elsewhere, by its digest in %s",
    async (encoding) => {
      const { kw, ask } = setUpImport();
      const digest = Buffer.from(sha256, "hex").toString(encoding);
      const key = await kw.keys.import({ sha256: digest, name: "moved", hint: "p7dc", ownerId: "acme" });
      expect(key).toMatchObject({ name: "moved", masked: "********p7dc", ownerId: "acme", status: "active" });
      expect(await ask(FOREIGN)).toBe("moved");
      await kw.keys.revoke(key.id);
      expect(await ask(FOREIGN)).toBe("revoked-api-key");
      // Not even by importing it again does a revoked key come back.
      await expect(kw.keys.import({ sha256, name: "again" })).rejects.toMatchObject({ code: "key-conflict" });
      expect((await kw.audit.list()).entries.map(({ action }) => action)).toEqual([
        "key.revoked",
        "key.imported",
      ]);
    },
  );

  it("keeps nothing from which the digest could be told, and labels a key of which no end is known", async () => {
    const { kw, store } = setUpImport();
    const { masked } = await kw.keys.import({ sha256, name: "moved" });
    expect(masked).toMatch(/^\*{8}[\w-]{8}$/);
    const stored = JSON.stringify(await store.list({}, { order: "newest", limit: 1 }));
    expect(stored).not.toContain(sha256);
    expect(stored).not.toContain(Buffer.from(sha256, "hex").toString("base64url"));
  });

  it("finds a key that was imported under an older secret", async () => {
    const [older, newer] = ["o".repeat(32), "n".repeat(32)];
    const before = setUpImport({ secret: older });
    await before.kw.keys.import({ sha256, name: "moved" });
    const after = setUpImport({ secret: [newer, older], store: before.store });
    expect(await after.ask(FOREIGN)).toBe("moved");
    const forgotten = setUpImport({ secret: newer, store: before.store });
    expect(await forgotten.ask(FOREIGN)).toBe("invalid-api-key");
  });

  it("costs a made-up key of that form a look-up, until its client has failed too often", async () => {
    const { ask, lookUps } = setUpImport({ failedAttempts: { limit: 3 } });
    const codes: string[] = [];
    for (let number = 0; number < 6; number += 1)
      codes.push(await ask(`sk_live_${String(number).padStart(24, "0")}`));
    expect(codes.slice(0, 4)).toEqual([...Array(3).fill("invalid-api-key"), "too-many-failed-attempts"]);
    expect(new Set(codes.slice(3))).toEqual(new Set(["too-many-failed-attempts"]));
    expect(lookUps()).toBe(4);
    expect(await ask("pk_test_not_of_that_form", "203.0.113.2")).toBe("invalid-api-key");
    expect(lookUps()).toBe(4);
  });

  it.each([
    [{ sha256: "p7dc" }, /sha256: wants the SHA-256 of a key/],
    [{ sha256, hint: "a whole key is no hint" }, /hint: wants the last 1 to 8 characters/],
    [{ sha256, hint: "" }, /hint: wants the last 1 to 8 characters/],
    [{ sha256, hint: "a b" }, /hint: wants/],
    [{ sha256: 7 }, /sha256: wants the SHA-256 of a key/],
    [{ sha256: `${sha256}00` }, /sha256: wants/],
    [{ sha256, digest: "x" }, /import: has no field "digest"/],
  ])("refuses %j", async (input, message) => {
    const { kw } = setUpImport();
    await expect(kw.keys.import({ name: "a", ...input } as ImportKeyInput)).rejects.toThrow(message);
  });

  it("says what it wants in place of nothing", async () => {
    const { kw } = setUpImport();
    const wants = /import: wants an object with at least a sha256 and a name/;
    for (const nothing of [undefined, null, "sk_live"])
      await expect(kw.keys.import(nothing as never)).rejects.toThrow(wants);
    expect((await kw.audit.list()).entries).toEqual([]);
  });

  it("never tells one key from another where no more than a form was given", async () => {
    const { kw, ask, lookUps } = setUpImport({ failedAttempts: false });
    await kw.keys.import({ sha256, name: "moved" });
    expect(await ask(`sk_live_${"a".repeat(24)}`)).toBe("invalid-api-key");
    expect(await ask(FOREIGN)).toBe("moved");
    expect(lookUps()).toBe(2);
  });
});

describe("list", () => {
  it("gives pages, newest first, of one owner or of all", async () => {
    const { kw } = setUp();
    for (let count = 1; count <= 5; count += 1)
      await kw.keys.create({ name: `${count}`, ownerId: count === 3 ? "b" : "a" });
    const first = await kw.keys.list({ limit: 2 });
    expect(first.keys.map(({ name }) => name)).toEqual(["5", "4"]);
    const second = await kw.keys.list({ limit: 3, ...(first.nextCursor && { cursor: first.nextCursor }) });
    expect(second.keys.map(({ name }) => name)).toEqual(["3", "2", "1"]);
    expect(second.nextCursor).toBeUndefined();
    expect((await kw.keys.list({ ownerId: "b" })).keys.map(({ name }) => name)).toEqual(["3"]);
    await expect(kw.keys.list({ limit: 0 })).rejects.toThrow(/limit: got 0/);
  });

  it("takes the cursor of its own order, and says what is wrong with another", async () => {
    const { kw } = setUp();
    for (const name of ["b", "A", "c"]) await kw.keys.create({ name });
    const first = await kw.keys.list({ order: "name", limit: 1 });
    const next = { order: "name", limit: 5, cursor: first.nextCursor as string } as const;
    expect((await kw.keys.list(next)).keys.map(({ name }) => name)).toEqual(["b", "c"]);
    // A key that was renamed in between moves no other.
    await kw.keys.update(first.keys[0]?.id as string, { name: "z" });
    expect((await kw.keys.list(next)).keys.map(({ name }) => name)).toEqual(["b", "c", "z"]);
    const wrong = [
      { cursor: first.nextCursor as string },
      { cursor: "key_1" },
      { cursor: "" },
      { order: "up" },
    ];
    for (const query of wrong) {
      await expect(kw.keys.list(query as object)).rejects.toMatchObject({
        code: "invalid-input",
        field: Object.keys(query)[0],
      });
    }
  });

  it("narrows down by status as of now, plan and text", async () => {
    const { kw, advance } = setUp();
    await kw.keys.create({ name: "short", expiresAt: new Date(START + 1000) });
    const { key } = await kw.keys.create({ name: "long" });
    const found = async (query: object) => (await kw.keys.list(query)).keys.map(({ name }) => name);
    expect(await found({ status: "active" })).toEqual(["long", "short"]);
    advance(1000);
    expect(await found({ status: "expired" })).toEqual(["short"]);
    expect(await found({ search: key.masked.slice(-8) })).toEqual(["long"]);
    expect(await found({ plan: "default", search: "LO" })).toEqual(["long"]);
    await expect(kw.keys.list({ status: "dead" } as object)).rejects.toThrow(
      /status: got "dead", wants one of/,
    );
  });
});

describe("update", () => {
  it("changes what it is given, and takes limits and expiry away with null", async () => {
    const { kw } = setUp();
    const { key } = await kw.keys.create({
      name: "a",
      expiresAt: new Date(START + 1),
      limits: { rate: 1, burst: 1, daily: 1 },
    });
    const changed = await kw.keys.update(key.id, { name: "b", scopes: ["x"], limits: null, expiresAt: null });
    expect(changed).toMatchObject({ name: "b", scopes: ["x"], masked: key.masked });
    expect("limits" in changed || "expiresAt" in changed).toBe(false);
  });

  it("refuses unknown keys, unknown fields, and fields that nobody may change", async () => {
    const { kw } = setUp();
    const { key } = await kw.keys.create({ name: "a" });
    await expect(kw.keys.update("key_none", { name: "b" })).rejects.toMatchObject({ code: "key-not-found" });
    for (const field of ["revokedAt", "ownerId", "environment", "id", "digest"]) {
      const input = { [field]: null } as UpdateKeyInput;
      await expect(kw.keys.update(key.id, input)).rejects.toThrow(`has no field "${field}"`);
    }
  });
});

describe("update without anything to go by", () => {
  it("says what it wants", async () => {
    const { kw } = setUp();
    const { key } = await kw.keys.create({ name: "a" });
    for (const nothing of [undefined, null, "b"])
      await expect(kw.keys.update(key.id, nothing as never)).rejects.toThrow(
        /update: wants an object with the fields to change/,
      );
    for (const id of [undefined, 7, "key_0"])
      await expect(kw.keys.update(id as string, { name: "b" })).rejects.toMatchObject({
        code: "key-not-found",
      });
    expect((await kw.keys.get(key.id))?.revision).toBe(1);
  });
});

describe("revoke", () => {
  it("is for ever: no call brings the key back", async () => {
    const { kw, advance } = setUp();
    const { key } = await kw.keys.create({ name: "a" });
    const revoked = await kw.keys.revoke(key.id);
    expect(revoked).toMatchObject({ status: "revoked", revokedAt: new Date(START) });
    advance(1000);
    expect(await kw.keys.revoke(key.id)).toEqual(revoked);
    const gone = { code: "key-revoked", message: expect.stringMatching(/cannot be undone/) };
    await expect(kw.keys.update(key.id, { name: "b" })).rejects.toMatchObject(gone);
    await expect(kw.keys.update(key.id, { expiresAt: null })).rejects.toMatchObject(gone);
    await expect(kw.keys.regenerate(key.id)).rejects.toMatchObject(gone);
    await expect(kw.keys.rotate(key.id)).rejects.toMatchObject(gone);
    expect(await kw.keys.get(key.id)).toEqual(revoked);
    await expect(kw.keys.revoke("key_none")).rejects.toMatchObject({ code: "key-not-found" });
  });
});

describe("regenerate and rotate", () => {
  it("regenerate revokes the key and makes one like it", async () => {
    const { kw } = setUp();
    const { key } = await kw.keys.create({
      name: "a",
      ownerId: "o",
      scopes: ["s"],
      plan: "pro",
      environment: "test",
    });
    const next = await kw.keys.regenerate(key.id);
    expect(next.key).toMatchObject({
      name: "a",
      ownerId: "o",
      scopes: ["s"],
      plan: "pro",
      environment: "test",
      status: "active",
    });
    expect(next.secret.reveal()).toMatch(/^test_/);
    expect(await kw.keys.get(key.id)).toMatchObject({ status: "revoked", rotatedTo: next.key.id });
  });

  it("rotate lets the old key live for the overlap, or until its own expiry if that is sooner", async () => {
    const { kw } = setUp();
    const one = await kw.keys.create({ name: "a" });
    await kw.keys.rotate(one.key.id);
    expect((await kw.keys.get(one.key.id))?.expiresAt).toEqual(new Date(START + 24 * HOUR_MS));
    const two = await kw.keys.create({ name: "b", expiresAt: new Date(START + HOUR_MS) });
    await kw.keys.rotate(two.key.id, { overlapMs: 2 * HOUR_MS });
    expect((await kw.keys.get(two.key.id))?.expiresAt).toEqual(new Date(START + HOUR_MS));
    const three = await kw.keys.create({ name: "c" });
    await kw.keys.rotate(three.key.id, { overlapMs: 0 });
    expect((await kw.keys.get(three.key.id))?.status).toBe("expired");
    await expect(kw.keys.rotate(three.key.id, { overlapMs: -1 })).rejects.toThrow(/overlapMs: got -1/);
  });

  it("of two at once one wins, and the other gets a clear conflict", async () => {
    const { kw } = setUp();
    const { key } = await kw.keys.create({ name: "a" });
    const acts = [kw.keys.regenerate(key.id), kw.keys.rotate(key.id), kw.keys.regenerate(key.id)];
    const results = await Promise.allSettled(acts);
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    const conflicts = results.filter((result) => result.status === "rejected");
    expect(conflicts.map(({ reason }) => (reason as KeywardError).code)).toEqual([
      "key-conflict",
      "key-conflict",
    ]);
    expect((await kw.keys.list()).keys).toHaveLength(2);
  });

  it("a key in its overlap can be revoked, but not be given a longer life", async () => {
    const { kw } = setUp();
    const { key } = await kw.keys.create({ name: "a" });
    await kw.keys.rotate(key.id);
    await expect(kw.keys.update(key.id, { expiresAt: null })).rejects.toMatchObject({ code: "key-conflict" });
    expect((await kw.keys.revoke(key.id)).status).toBe("revoked");
  });

  it("an expired key is not replaced without a word on its expiry", async () => {
    const { kw, advance } = setUp();
    const { key } = await kw.keys.create({ name: "a", expiresAt: new Date(START + 1) });
    advance(1);
    await expect(kw.keys.regenerate(key.id)).rejects.toThrow(/has expired/);
  });
});

describe("the audit trail", () => {
  it("has an entry for every act: who, what, when and from where", async () => {
    const { kw, events } = setUp();
    const by = { actor: "ada@example.com", address: "203.0.113.5" };
    const { key } = await kw.keys.create({ name: "a" }, by);
    await kw.keys.update(key.id, { name: "b" }, by);
    const { key: next } = await kw.keys.rotate(key.id, {}, by);
    await kw.keys.revoke(key.id);
    const { entries } = await kw.audit.list();
    expect(entries.map(({ action, keyId, actor }) => [action, keyId, actor])).toEqual([
      ["key.revoked", key.id, "system"],
      ["key.created", next.id, "ada@example.com"],
      ["key.rotated", key.id, "ada@example.com"],
      ["key.updated", key.id, "ada@example.com"],
      ["key.created", key.id, "ada@example.com"],
    ]);
    expect(entries[2]).toMatchObject({
      at: new Date(START),
      address: "203.0.113.5",
      details: { successor: next.id },
    });
    expect(events.map(([name]) => name)).toEqual([
      "key.created",
      "key.rotated",
      "key.created",
      "key.revoked",
    ]);
    const page = await kw.audit.list({ keyId: next.id, limit: 1 });
    expect(page.entries).toHaveLength(1);
    expect(page.nextCursor).toBeUndefined();
  });

  it("comes in pages, newest first, of a key, of an owner, or of all", async () => {
    const { kw } = setUp();
    const { key } = await kw.keys.create({ name: "a", ownerId: "acme" });
    for (const name of ["b", "c"]) await kw.keys.update(key.id, { name });
    await kw.keys.create({ name: "other", ownerId: "else" });
    const all = (await kw.audit.list()).entries.map(({ id }) => id);
    expect(all).toHaveLength(4);
    const first = await kw.audit.list({ limit: 3 });
    expect(first.entries.map(({ id }) => id)).toEqual(all.slice(0, 3));
    expect(first.nextCursor).toBe(all[2]);
    const second = await kw.audit.list({ limit: 3, cursor: first.nextCursor as string });
    expect(second.entries.map(({ id }) => id)).toEqual(all.slice(3));
    expect("nextCursor" in second).toBe(false);
    expect("nextCursor" in (await kw.audit.list({ limit: 4 }))).toBe(false);
    expect((await kw.audit.list({ ownerId: "acme" })).entries).toHaveLength(3);
    expect((await kw.audit.list({ keyId: key.id, ownerId: "else" })).entries).toEqual([]);
    // An act without an address has none, rather than an empty one.
    expect("address" in (first.entries[0] as object)).toBe(false);
    const wrong: readonly [object, RegExp][] = [
      [{ limit: 0 }, /limit: got 0, wants a whole number from 1 to 1000/],
      [{ limit: 1001 }, /limit: got 1001/],
      [{ cursor: 7 }, /cursor: got 7, wants text/],
      [{ key: "a" }, /audit.list: has no field "key"; there are keyId, ownerId, cursor, limit/],
    ];
    for (const [query, message] of wrong) await expect(kw.audit.list(query)).rejects.toThrow(message);
  });
});

describe("what is told of acts", () => {
  it("is the key as it is afterwards, and its successor; an act that changed nothing is not told", async () => {
    const told: [string, object][] = [];
    const hear = (name: string) => (event: object) => void told.push([name, event]);
    const names = [
      "key.created",
      "key.imported",
      "key.updated",
      "key.rotated",
      "key.regenerated",
      "key.revoked",
    ] as const;
    const kw = createKeyward({ events: Object.fromEntries(names.map((name) => [name, hear(name)])) });
    const { key } = await kw.keys.create({ name: "a" });
    const imported = await kw.keys.import({ name: "b", sha256: "0".repeat(64) });
    const updated = await kw.keys.update(key.id, { name: "c", metadata: { team: 1 } });
    const { key: next } = await kw.keys.rotate(key.id);
    const { key: last } = await kw.keys.regenerate(next.id);
    const revoked = await kw.keys.revoke(last.id);
    await kw.keys.revoke(last.id);
    expect(told).toEqual([
      ["key.created", { key }],
      ["key.imported", { key: imported }],
      ["key.updated", { key: updated }],
      ["key.rotated", { key: await kw.keys.get(key.id), successor: next }],
      ["key.created", { key: next }],
      ["key.regenerated", { key: await kw.keys.get(next.id), successor: last }],
      ["key.created", { key: last }],
      ["key.revoked", { key: revoked }],
    ]);
    const { entries } = await kw.audit.list();
    expect(entries.map(({ action, details }) => [action, details]).toReversed()).toEqual([
      ["key.created", { name: "a" }],
      ["key.imported", { name: "b" }],
      ["key.updated", { changed: ["name", "metadata"] }],
      ["key.rotated", { successor: next.id }],
      ["key.created", { name: "c", replaces: key.id }],
      ["key.regenerated", { successor: last.id }],
      ["key.created", { name: "c", replaces: next.id }],
      ["key.revoked", {}],
    ]);
    expect((await kw.keys.get(next.id))?.revision).toBe(2);
    expect([key, imported, next, last].every(({ id }) => /^key_\w+$/.test(id))).toBe(true);
    expect(entries.every(({ id }) => /^act_\w+$/.test(id))).toBe(true);
  });

  it("an update changes what it names and nothing else", async () => {
    const { kw } = setUp();
    const expiresAt = new Date(START + HOUR_MS);
    const limits = { rate: 1, burst: 2, daily: 3 };
    const input = { name: "a", scopes: ["a"], plan: "pro", limits, expiresAt, metadata: { team: 1 } };
    const { key } = await kw.keys.create(input);
    const changes: readonly [UpdateKeyInput, object][] = [
      [{}, {}],
      [{ name: "b" }, { name: "b" }],
      [{ scopes: [] }, { scopes: [] }],
      [{ plan: "default" }, { plan: "default" }],
      [{ limits: { ...limits, daily: 4 } }, { limits: { ...limits, daily: 4 } }],
      [{ expiresAt: new Date(START + 1) }, { expiresAt: new Date(START + 1) }],
      [{ metadata: {} }, { metadata: {} }],
    ];
    const expected: object = { ...key };
    for (const [change, effect] of changes) {
      const updated = await kw.keys.update(key.id, change);
      Object.assign(expected, effect, { revision: updated.revision });
      expect(updated).toEqual(expected);
    }
    await expect(kw.keys.update(key.id, { name: "c", ifRevision: 1 })).rejects.toMatchObject({
      code: "key-changed",
      message: `Key ${key.id} was changed by somebody else: it is of revision 8, not 1.`,
    });
  });

  it("says of a key that cannot be replaced why, and of one that nobody knows that it is not there", async () => {
    const { kw, advance } = setUp();
    const [one, two, three] = [1, 2, 3].map((name) => kw.keys.create({ name: `${name}` }));
    const revoked = (await (one as NonNullable<typeof one>)).key;
    const rotated = (await (two as NonNullable<typeof two>)).key;
    const expired = (await (three as NonNullable<typeof three>)).key;
    await kw.keys.update(expired.id, { expiresAt: new Date(START + 1) });
    advance(1);
    await kw.keys.revoke(revoked.id);
    const { key: next } = await kw.keys.rotate(rotated.id);
    const before = (await kw.keys.list()).keys.length;
    for (const act of [kw.keys.regenerate, kw.keys.rotate]) {
      await expect(act(revoked.id)).rejects.toMatchObject({
        code: "key-revoked",
        message: `Key ${revoked.id} is revoked, which cannot be undone.`,
      });
      await expect(act(rotated.id)).rejects.toMatchObject({
        code: "key-conflict",
        message: `Key ${rotated.id} was already replaced, by ${next.id}.`,
      });
      await expect(act(expired.id)).rejects.toMatchObject({
        code: "key-conflict",
        message: `Key ${expired.id} has expired. Give it a later expiry first, or create a new key.`,
      });
      for (const id of ["key_0", undefined as unknown as string])
        await expect(act(id)).rejects.toMatchObject({
          code: "key-not-found",
          message: `There is no key with the id ${JSON.stringify(id)}.`,
        });
    }
    expect((await kw.keys.list()).keys).toHaveLength(before);
    expect(await kw.keys.get("key_0")).toBeUndefined();
    expect(await kw.keys.identify("nonsense")).toBeUndefined();
    const stranger = await createKeyward({ secret: "x".repeat(32) }).keys.create({ name: "a" });
    expect(await kw.keys.identify(stranger.secret.reveal())).toBeUndefined();
  });
});

describe("a request that is sent again", () => {
  it("makes no second key, and says which it made", async () => {
    const { kw } = setUp();
    const { key } = await kw.keys.create({ name: "once", idempotencyKey: "the request of once" });
    await expect(
      kw.keys.create({ name: "twice", idempotencyKey: "the request of once" }),
    ).rejects.toMatchObject({
      code: "already-created",
      keyId: key.id,
    });
    expect((await kw.keys.list()).keys).toHaveLength(1);
    expect(JSON.stringify(key)).not.toContain("the request of once");
    // What takes its place was made by another request.
    await kw.keys.regenerate(key.id);
    await kw.keys.create({ name: "other", idempotencyKey: "r2" });
    expect((await kw.keys.list()).keys).toHaveLength(3);
  });
});

describe("a change that is meant for a revision", () => {
  it("is made if nobody was faster, and use is no change", async () => {
    const { kw } = setUp();
    const { key } = await kw.keys.create({ name: "one" });
    expect(key.revision).toBe(1);
    const changed = await kw.keys.update(key.id, { name: "two", ifRevision: 1 });
    expect(changed.revision).toBe(2);
    await expect(kw.keys.update(key.id, { name: "three", ifRevision: 1 })).rejects.toMatchObject({
      code: "key-changed",
    });
    expect((await kw.keys.get(key.id))?.name).toBe("two");
    await kw.keys.revoke(key.id);
    await expect(kw.keys.update(key.id, { name: "three", ifRevision: 1 })).rejects.toMatchObject({
      code: "key-revoked",
    });
  });
});
