import { createHash } from "node:crypto";
import { createKeyward, memoryStore, type Access, type Keyward, type Permissions } from "@keyward/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DAY_MS, NOON } from "../admission/set-up.ts";
import { SECRET } from "../secrets.ts";

const HIGH = { rate: 100, burst: 200, daily: 1000 };

function setUp() {
  let now = NOON;
  const store = memoryStore();
  const kw: Keyward = createKeyward({
    secret: SECRET,
    store,
    clock: () => now,
    importedKeys: /^sk_\w{24}$/,
    plans: { default: { rate: 10, daily: 100 }, pro: HIGH },
  });
  const as = (may?: Permissions): Access =>
    kw.as({ actor: "jane@acme.example", ownerId: "acme", ...(may && { may }) });
  return { kw, store, as, advance: (ms: number) => void (now += ms) };
}

const refused = (field: string) => ({ code: "not-permitted", field });

describe("a customer without may", () => {
  it("creates, renames, rotates, pauses, resumes and revokes keys of its owner", async () => {
    const { as } = setUp();
    const acme = as();
    const { key } = await acme.keys.create({ name: "ci" });
    expect(key).toMatchObject({ ownerId: "acme", scopes: [], status: "active" });
    expect(key.plan).toBeUndefined();
    expect(await acme.keys.update(key.id, { name: "build" })).toMatchObject({ name: "build" });
    const { key: successor } = await acme.keys.rotate(key.id, { overlapMs: 0 });
    expect(await acme.keys.pause(successor.id)).toMatchObject({ status: "paused" });
    expect(await acme.keys.resume(successor.id)).toMatchObject({ status: "active" });
    expect(await acme.keys.revoke(successor.id)).toMatchObject({ status: "revoked" });
  });

  it.each([
    ["plan", { plan: "pro" }],
    ["scopes", { scopes: ["reports:read"] }],
    ["limits", { limits: HIGH }],
    ["metadata", { metadata: { crm: 1 } }],
    ["ownerId", { ownerId: "umbrella" }],
  ])("creates no key with a %s", async (field, input) => {
    const { as, kw } = setUp();
    await expect(as().keys.create({ name: "ci", ...input })).rejects.toMatchObject(refused(field));
    expect((await kw.keys.list()).keys).toEqual([]);
  });

  it.each([
    ["plan", { plan: "pro" }],
    ["scopes", { scopes: ["reports:read"] }],
    ["limits", { limits: null }],
    ["limits", { limits: { daily: 1 } }],
    ["expiresAt", { expiresAt: null }],
    ["metadata", { metadata: {} }],
    ["allowedAddresses", { allowedAddresses: [] }],
  ])("does not change the %s of a key", async (field, input) => {
    const { as, kw } = setUp();
    const { key } = await kw.keys.create({ name: "ci", ownerId: "acme" });
    await expect(as().keys.update(key.id, input)).rejects.toMatchObject(refused(field));
    expect(await kw.keys.get(key.id)).toEqual(key);
  });

  it("reaches nothing of another owner, whose keys look as if they did not exist", async () => {
    const { as, kw } = setUp();
    const { key, secret } = await kw.keys.create({ name: "theirs", ownerId: "umbrella" });
    const acme = as();
    const missing = { code: "key-not-found" };
    expect(await acme.keys.get(key.id)).toBeUndefined();
    expect(await acme.keys.identify(secret.reveal())).toBeUndefined();
    expect((await acme.keys.list()).keys).toEqual([]);
    for (const call of [
      () => acme.keys.update(key.id, { name: "mine" }),
      () => acme.keys.rotate(key.id),
      () => acme.keys.pause(key.id),
      () => acme.keys.resume(key.id),
      () => acme.keys.revoke(key.id),
      () => acme.keys.quota(key.id),
      () => acme.usage.query({ keyId: key.id, from: new Date(0), to: new Date(NOON), per: "day" }),
    ]) {
      await expect(call()).rejects.toMatchObject(missing);
    }
    for (const call of [
      () => acme.keys.list({ ownerId: "umbrella" }),
      () => acme.keys.count({ ownerId: "umbrella" }),
      () => acme.owners.get("umbrella"),
      () => acme.owners.update("umbrella", { name: "mine" }),
      () => acme.owners.pause("umbrella"),
      () => acme.audit.list({ ownerId: "umbrella" }),
      () => acme.limits.reset({ ownerId: "umbrella" }),
      () => acme.usage.query({ keys: [key], from: new Date(0), to: new Date(NOON) }),
    ]) {
      await expect(call()).rejects.toMatchObject({ code: "not-permitted" });
    }
    const { events } = await acme.audit.list();
    expect(events).toMatchObject([{ action: "operation.refused", ownerId: "acme" }]);
    expect(JSON.stringify(events)).not.toMatch(/umbrella|theirs/);
    expect(await kw.keys.get(key.id)).toEqual(key);
  });

  it("does not end a pause that an operator set, also by rotating", async () => {
    const { as, kw } = setUp();
    const { key } = await kw.keys.create({ name: "ci", ownerId: "acme" });
    await kw.as({ actor: "olga", may: "everything" }).keys.pause(key.id);
    await expect(as().keys.resume(key.id)).rejects.toMatchObject({ code: "not-permitted" });
    const { key: successor } = await as().keys.rotate(key.id);
    expect(successor.status).toBe("paused");
    await expect(as().keys.resume(successor.id)).rejects.toMatchObject({ code: "not-permitted" });
  });
});

describe("a principal with bounds", () => {
  it("has at most maxKeys key lines, also under concurrent creates and imports", async () => {
    const { as, kw } = setUp();
    const acme = as({ create: { maxKeys: 3 }, import: true, rotate: true });
    const results = await Promise.allSettled([
      ...Array.from({ length: 6 }, async (_, index) => acme.keys.create({ name: `key ${index}` })),
      ...Array.from({ length: 6 }, async (_, index) => {
        const sha256 = createHash("sha256").update(`sk_${"abcdefghijklmnopqrstuvw"}${index}`).digest("hex");
        return acme.keys.import({ name: `imported ${index}`, sha256 });
      }),
    ]);
    const failures = results.filter((result) => result.status === "rejected");
    expect(failures).toHaveLength(9);
    for (const { reason } of failures) expect(reason).toMatchObject(refused("maxKeys"));
    const { keys } = await kw.keys.list();
    expect(keys).toHaveLength(3);
    // A rotation stays in its line, so it is permitted.
    await expect(acme.keys.rotate(keys[0]?.id ?? "")).resolves.toBeDefined();
  });

  it("creates keys for the environments that it may choose, also where none is named", async () => {
    const kw = createKeyward({ environments: ["prod", "test"] });
    const as = (environments: readonly string[]) =>
      kw.as({ actor: "jane", ownerId: "acme", may: { create: { environments } } }).keys;
    expect((await as(["test"]).create({ name: "ci" })).key.environment).toBe("test");
    expect((await as(["test", "prod"]).create({ name: "ci" })).key.environment).toBe("prod");
    await expect(as(["test"]).create({ name: "ci", environment: "prod" })).rejects.toMatchObject(
      refused("environment"),
    );
    await expect(as([]).create({ name: "ci" })).rejects.toMatchObject(refused("environment"));
    await kw.close();
  });

  it("does not change a key that was changed since it was checked, whatever revision it claims", async () => {
    const { as, kw, store } = setUp();
    const { key } = await kw.keys.create({ name: "ci", ownerId: "acme", limits: { rate: 10, daily: 50 } });
    const acme = as({ limits: "lower", rename: true, pause: true, create: true, rotate: true });
    const { find } = store;
    let races = 0;
    store.find = (id) => {
      const record = find(id);
      if (races === 0 && new Error("stack").stack?.includes("findRevision")) {
        races += 1;
        // Between the check and the change, an operator lowers the limit.
        void kw.keys.update(key.id, { limits: { rate: 10, daily: 5 } });
      }
      return record;
    };
    const raise = acme.keys.update(key.id, { limits: { rate: 10, daily: 40 }, ifRevision: key.revision + 1 });
    await expect(raise).rejects.toMatchObject({ code: "key-changed" });
    await expect(acme.keys.update(key.id, { limits: { rate: 10, daily: 40 } })).rejects.toMatchObject({
      code: expect.stringMatching(/key-changed|not-permitted/) as string,
    });
    expect((await kw.keys.get(key.id))?.limits).toMatchObject({ daily: 5 });
  });

  it("only lowers limits, over random changes", async () => {
    const limits = fc.oneof(
      fc.constant(null),
      fc
        .record({
          rate: fc.option(fc.integer({ min: 1, max: 20 }), { nil: undefined }),
          daily: fc.option(fc.integer({ min: 1, max: 200 }), { nil: null }),
          monthly: fc.option(fc.integer({ min: 1, max: 200 }), { nil: undefined }),
        })
        .map(({ rate, daily, monthly }) => ({
          ...(rate !== undefined && { rate }),
          ...(monthly !== undefined && { monthly }),
          daily,
        })),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(limits, { maxLength: 8 }), async (changes) => {
        const { as, kw } = setUp();
        const { key } = await kw.keys.create({ name: "ci", ownerId: "acme" });
        const acme = as({ limits: "lower" });
        let { limits: before } = await kw.quota(key);
        for (const change of changes) {
          await acme.keys.update(key.id, { limits: change }).catch(() => undefined);
          const { limits: after } = await kw.quota(key);
          for (const name of ["rate", "burst", "daily", "monthly"] as const) {
            expect(after[name] ?? Infinity).toBeLessThanOrEqual(before[name] ?? Infinity);
          }
          before = after;
        }
        await kw.close();
      }),
      { numRuns: 50 },
    );
  });

  it("does not live longer by a rotation", async () => {
    const { as, kw, advance } = setUp();
    const expiresAt = new Date(NOON + 10 * DAY_MS);
    const { key } = await kw.keys.create({ name: "ci", ownerId: "acme", expiresAt });
    advance(9 * DAY_MS);
    const { key: successor } = await as().keys.rotate(key.id);
    expect(successor.expiresAt).toEqual(expiresAt);
    const year = new Date(NOON + 365 * DAY_MS);
    await expect(as().keys.rotate(successor.id, { expiresAt: year })).rejects.toMatchObject(
      refused("expiresAt"),
    );
  });

  it("rotates no key that it could not have created", async () => {
    const { as, kw } = setUp();
    for (const [field, input] of [
      ["plan", { plan: "pro" }],
      ["scopes", { scopes: ["reports:read"] }],
      ["limits.rate", { limits: HIGH }],
    ] as const) {
      const { key } = await kw.keys.create({ name: "ci", ownerId: "acme", ...input });
      await expect(as().keys.rotate(key.id)).rejects.toMatchObject(refused(field));
    }
  });
});

describe("kw.as", () => {
  it.each([
    [{ actor: "jane", ownerId: undefined, may: "everything" }, /ownerId must be the id of an owner/],
    [{ actor: "jane", ownerId: null, may: "everything" }, /ownerId must be the id of an owner/],
    [{ actor: "jane", ownerId: "", may: "view" }, /ownerId must be the id of an owner/],
    [{ actor: "jane", ownerID: "acme", may: "everything" }, /unknown field "ownerID"/],
    [{ actor: "jane" }, /needs may/],
    [{ actor: "", may: "view" }, /actor must be/],
    [{ actor: "jane", may: "all" }, /may must be/],
    [{ actor: "jane", may: { raise: true } }, /unknown field "raise"/],
    [{ actor: "jane", may: { rename: "yes" } }, /may\.rename must be true or false/],
    [{ actor: "jane", may: { create: { maxKeys: 0 } } }, /maxKeys must be a whole number from 1/],
  ])("rejects the principal %j", (principal, message) => {
    const { kw } = setUp();
    expect(() => kw.as(principal as never)).toThrow(message);
    expect(() => kw.as(principal as never)).toThrow(expect.objectContaining({ code: "invalid-option" }));
  });
});
