import { createKeyward, memoryStore, type Keyward, type KeywardError } from "@keyward/core";
import type { KeyRecord } from "@keyward/core/store";
import { describe, expect, it } from "vitest";
import { HOUR_MS, setUp, START } from "./set-up.ts";
import { OTHER_SECRET } from "../secrets.ts";

describe("revoke", () => {
  it("is permanent: no call makes the key valid again", async () => {
    const { kw, advance } = setUp();
    const { key } = await kw.keys.create({ name: "a" });
    const revoked = await kw.keys.revoke(key.id);
    expect(revoked).toMatchObject({ status: "revoked", revokedAt: new Date(START) });
    advance(1000);
    expect(await kw.keys.revoke(key.id)).toEqual(revoked);
    const rejection = {
      code: "key-revoked",
      message: `Key ${key.id} is revoked, which cannot be undone.`,
    };
    await expect(kw.keys.update(key.id, { name: "b" })).rejects.toMatchObject(rejection);
    await expect(kw.keys.update(key.id, { expiresAt: null })).rejects.toMatchObject(rejection);
    await expect(kw.keys.pause(key.id)).rejects.toMatchObject(rejection);
    await expect(kw.keys.resume(key.id)).rejects.toMatchObject(rejection);
    await expect(kw.keys.rotate(key.id, { overlapMs: 0 })).rejects.toMatchObject(rejection);
    await expect(kw.keys.rotate(key.id)).rejects.toMatchObject(rejection);
    expect(await kw.keys.get(key.id)).toEqual(revoked);
    await expect(kw.keys.revoke("key_none")).rejects.toMatchObject({ code: "key-not-found" });
  });
});

describe("rotate", () => {
  it("creates a key with the settings of the original, which is revoked at once without an overlap", async () => {
    const { kw, advance } = setUp();
    const settings = {
      name: "a",
      ownerId: "o",
      scopes: ["s"],
      plan: "pro",
      limits: { daily: 5, monthly: null, until: new Date(START + HOUR_MS) },
      allowedAddresses: ["203.0.113.0/24"],
      environment: "test",
      metadata: { team: 1 },
    };
    const { key } = await kw.keys.create({ ...settings, idempotencyKey: "request" });
    advance(1000);
    const next = await kw.keys.rotate(key.id, { overlapMs: 0 });
    expect(next.key).toEqual({
      ...settings,
      id: expect.not.stringMatching(key.id),
      lineageId: key.id,
      masked: next.secret.masked,
      status: "active",
      createdAt: new Date(START + 1000),
      revision: 1,
    });
    expect(next.secret.reveal()).toMatch(/^test_/);
    expect(await kw.keys.get(key.id)).toMatchObject({
      status: "revoked",
      revokedAt: new Date(START + 1000),
      rotatedTo: next.key.id,
      lineageId: key.id,
      revision: 2,
    });
  });

  it("keeps the first key's id as the lineage of all its successors", async () => {
    const { kw } = setUp();
    let { key } = await kw.keys.create({ name: "a" });
    const first = key.id;
    for (let times = 0; times < 5; times += 1) {
      ({ key } = await kw.keys.rotate(key.id, { overlapMs: times % 2 }));
      expect(key.lineageId).toBe(first);
    }
  });

  it("keeps the old key valid for the overlap, or until its own expiry if that is sooner", async () => {
    const { kw, advance } = setUp();
    const one = await kw.keys.create({ name: "a" });
    await kw.keys.rotate(one.key.id);
    expect((await kw.keys.get(one.key.id))?.expiresAt).toEqual(new Date(START + 24 * HOUR_MS));
    const two = await kw.keys.create({ name: "b", expiresAt: new Date(START + HOUR_MS) });
    await kw.keys.rotate(two.key.id, { overlapMs: 2 * HOUR_MS });
    expect((await kw.keys.get(two.key.id))?.expiresAt).toEqual(new Date(START + HOUR_MS));
    const three = await kw.keys.create({ name: "c" });
    await kw.keys.rotate(three.key.id, { overlapMs: 5 });
    expect((await kw.keys.get(three.key.id))?.status).toBe("active");
    advance(5);
    expect((await kw.keys.get(three.key.id))?.status).toBe("expired");
    const four = await kw.keys.create({ name: "d" });
    await expect(kw.keys.rotate(four.key.id, { overlapMs: -1 })).rejects.toThrow(
      "overlapMs must be milliseconds, 0 or more; got -1.",
    );
  });

  it("gives the new key the lifetime of the original, unless an expiry is given", async () => {
    const { kw, advance } = setUp();
    const at = (hours: number) => new Date(START + hours * HOUR_MS);
    const { key } = await kw.keys.create({ name: "a", expiresAt: at(10) });
    advance(9 * HOUR_MS);
    const second = await kw.keys.rotate(key.id, { overlapMs: 2 * HOUR_MS });
    expect(second.key.expiresAt).toEqual(at(19));
    // The overlap does not extend the life of the original.
    expect((await kw.keys.get(key.id))?.expiresAt).toEqual(at(10));
    advance(HOUR_MS);
    const third = await kw.keys.rotate(second.key.id, { expiresAt: at(12) });
    expect(third.key.expiresAt).toEqual(at(12));
    const fourth = await kw.keys.rotate(third.key.id, { expiresAt: null });
    expect(fourth.key).not.toHaveProperty("expiresAt");
    const fifth = await kw.keys.rotate(fourth.key.id);
    expect(fifth.key).not.toHaveProperty("expiresAt");
    await expect(kw.keys.rotate(fifth.key.id, { expiresAt: at(10) })).rejects.toMatchObject({
      code: "invalid-input",
      field: "expiresAt",
      message: `expiresAt must be in the future; got "${at(10).toISOString()}".`,
    });
  });

  it("creates a paused key for a paused key", async () => {
    const { kw } = setUp();
    const { key } = await kw.keys.create({ name: "a" });
    const { pause } = await kw.keys.pause(key.id, { reason: "Reported as leaked" });
    const next = await kw.keys.rotate(key.id);
    expect(next.key).toMatchObject({ status: "paused", pause });
    expect(await kw.keys.resume(next.key.id)).toMatchObject({ status: "active" });
    // The original stays paused.
    expect(await kw.keys.get(key.id)).toMatchObject({ status: "paused" });
  });

  it("rejects all but one of concurrent rotations with key-conflict", async () => {
    const { kw } = setUp();
    const { key } = await kw.keys.create({ name: "a" });
    const rotations = [0, 1000, 0].map((overlapMs) => kw.keys.rotate(key.id, { overlapMs }));
    const results = await Promise.allSettled(rotations);
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    const conflicts = results.filter((result) => result.status === "rejected");
    expect(conflicts.map(({ reason }) => (reason as KeywardError).code)).toEqual([
      "key-conflict",
      "key-conflict",
    ]);
    expect((await kw.keys.list()).keys).toHaveLength(2);
  });

  it("lets a key in its overlap be revoked, but not live longer", async () => {
    const { kw } = setUp();
    const { key } = await kw.keys.create({ name: "a" });
    await kw.keys.rotate(key.id);
    await expect(kw.keys.update(key.id, { expiresAt: null })).rejects.toMatchObject({ code: "key-conflict" });
    expect((await kw.keys.revoke(key.id)).status).toBe("revoked");
  });

  it.each([
    ["rotated", async (kw: Keyward, id: string) => (await kw.keys.rotate(id)).key],
    ["paused", async (kw: Keyward, id: string) => kw.keys.pause(id)],
  ])("keeps a change that is made while the key is %s", async (_name, change) => {
    const store = memoryStore();
    const kw = createKeyward({ store });
    const { key } = await kw.keys.create({ name: "a", scopes: ["admin"] });
    const { find } = store;
    store.find = async (id) => {
      const record = (await find(id)) as KeyRecord;
      store.find = find;
      await kw.keys.update(id, { scopes: [] });
      return record;
    };
    expect(await change(kw, key.id)).toMatchObject({ scopes: [] });
  });

  it("gives up if the key is changed in every attempt", async () => {
    const store = memoryStore();
    const kw = createKeyward({ store });
    const { key } = await kw.keys.create({ name: "a" });
    const { find } = store;
    const findAndChange: typeof find = async (id) => {
      const record = await find(id);
      store.find = find;
      await kw.keys.update(id, { name: "b" });
      store.find = findAndChange;
      return record;
    };
    store.find = findAndChange;
    await expect(kw.keys.rotate(key.id)).rejects.toMatchObject({
      code: "key-changed",
      message: `Key ${key.id} was changed by someone else in each of 10 attempts.`,
    });
  });

  it("fails with key-changed if the key has another revision than the given one", async () => {
    const { kw } = setUp();
    const { key } = await kw.keys.create({ name: "a" });
    await kw.keys.update(key.id, { name: "b" });
    const changed = {
      code: "key-changed",
      message: `Key ${key.id} was changed by someone else: its revision is 2, not 1.`,
    };
    const guard = { ifRevision: 1 };
    await expect(kw.keys.revoke(key.id, {}, guard)).rejects.toMatchObject(changed);
    await expect(kw.keys.rotate(key.id, guard)).rejects.toMatchObject(changed);
    await expect(kw.keys.pause(key.id, guard)).rejects.toMatchObject(changed);
    await expect(kw.keys.update(key.id, guard)).rejects.toMatchObject(changed);
    for (const ifRevision of [0, 1.5, 2 ** 31, "2"] as number[]) {
      const invalid = { code: "invalid-input", field: "ifRevision" };
      await expect(kw.keys.revoke(key.id, {}, { ifRevision })).rejects.toMatchObject(invalid);
      await expect(kw.keys.rotate(key.id, { ifRevision })).rejects.toMatchObject(invalid);
      await expect(kw.keys.pause(key.id, { ifRevision })).rejects.toMatchObject(invalid);
      await expect(kw.keys.update(key.id, { ifRevision })).rejects.toMatchObject(invalid);
      await expect(kw.owners.update("acme", { ifRevision })).rejects.toMatchObject(invalid);
    }
    expect(await kw.keys.get(key.id)).toMatchObject({ status: "active", revision: 2 });
    const { key: next } = await kw.keys.rotate(key.id, { ifRevision: 2 });
    expect(await kw.keys.revoke(next.id, {}, { ifRevision: 1 })).toMatchObject({ status: "revoked" });
    expect(await kw.keys.revoke(next.id, {}, { ifRevision: 1 })).toMatchObject({ status: "revoked" });
  });

  it("explains why a key cannot be rotated", async () => {
    const { kw, advance } = setUp();
    const create = async (name: string) => (await kw.keys.create({ name })).key;
    const [revoked, rotated, expired] = [await create("1"), await create("2"), await create("3")];
    await kw.keys.update(expired.id, { expiresAt: new Date(START + 1) });
    advance(1);
    await kw.keys.revoke(revoked.id);
    const { key: next } = await kw.keys.rotate(rotated.id);
    const before = (await kw.keys.list()).keys.length;
    for (const options of [{ overlapMs: 0 }, {}]) {
      await expect(kw.keys.rotate(revoked.id, options)).rejects.toMatchObject({
        code: "key-revoked",
        message: `Key ${revoked.id} is revoked, which cannot be undone.`,
      });
      await expect(kw.keys.rotate(rotated.id, options)).rejects.toMatchObject({
        code: "key-conflict",
        message: `Key ${rotated.id} was already replaced, by ${next.id}.`,
      });
      await expect(kw.keys.rotate(expired.id, options)).rejects.toMatchObject({
        code: "key-conflict",
        message: `Key ${expired.id} has expired. Give it a later expiry first, or create a new key.`,
      });
      for (const [id, text] of [
        ["key_0", 'the id "key_0"'],
        [undefined as unknown as string, "this id"],
      ] as const) {
        await expect(kw.keys.rotate(id, options)).rejects.toMatchObject({
          code: "key-not-found",
          message: `There is no key with ${text}.`,
        });
      }
    }
    expect((await kw.keys.list()).keys).toHaveLength(before);
  });
});

describe("identify and get", () => {
  it("return undefined for keys that do not exist", async () => {
    const { kw } = setUp();
    const { key, secret } = await kw.keys.create({ name: "a" });
    expect(await kw.keys.identify(secret.reveal())).toEqual(key);
    expect(await kw.keys.get("key_0")).toBeUndefined();
    expect(await kw.keys.identify("nonsense")).toBeUndefined();
    const foreign = await createKeyward({ secret: OTHER_SECRET }).keys.create({ name: "a" });
    expect(await kw.keys.identify(foreign.secret.reveal())).toBeUndefined();
  });
});
