import { createKeyward, memoryStore, type KeyRecord, type KeywardError } from "@keyward/core";
import { describe, expect, it } from "vitest";
import { HOUR_MS, setUp, START } from "./set-up.ts";

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
    expect((await kw.keys.get(three.key.id))?.status).toBe("revoked");
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

  it("keeps a change that is made while the key is rotated", async () => {
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
    const rotated = await kw.keys.rotate(key.id);
    expect(rotated.key.scopes).toEqual([]);
    expect((await kw.keys.list()).keys).toHaveLength(2);
  });

  it("fails with key-changed if the key has another revision than the one asked for", async () => {
    const { kw } = setUp();
    const { key } = await kw.keys.create({ name: "a" });
    await kw.keys.update(key.id, { name: "b" });
    const changed = { code: "key-changed", message: expect.stringMatching(/of revision 2, not 1/) };
    const guard = { ifRevision: 1 };
    await expect(kw.keys.revoke(key.id, {}, guard)).rejects.toMatchObject(changed);
    await expect(kw.keys.regenerate(key.id, {}, guard)).rejects.toMatchObject(changed);
    await expect(kw.keys.rotate(key.id, guard)).rejects.toMatchObject(changed);
    for (const ifRevision of [0, 1.5, 2 ** 31, "2"]) {
      await expect(kw.keys.revoke(key.id, {}, { ifRevision } as typeof guard)).rejects.toMatchObject({
        code: "invalid-input",
        field: "ifRevision",
      });
    }
    expect(await kw.keys.get(key.id)).toMatchObject({ status: "active", revision: 2 });
    const { key: next } = await kw.keys.rotate(key.id, { ifRevision: 2 });
    expect(await kw.keys.revoke(next.id, {}, { ifRevision: 1 })).toMatchObject({ status: "revoked" });
    expect(await kw.keys.revoke(next.id, {}, { ifRevision: 1 })).toMatchObject({ status: "revoked" });
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
      for (const [id, shown] of [
        ["key_0", 'the id "key_0"'],
        [undefined as unknown as string, "this id"],
      ] as const) {
        await expect(act(id)).rejects.toMatchObject({
          code: "key-not-found",
          message: `There is no key with ${shown}.`,
        });
      }
    }
    expect((await kw.keys.list()).keys).toHaveLength(before);
    expect(await kw.keys.get("key_0")).toBeUndefined();
    expect(await kw.keys.identify("nonsense")).toBeUndefined();
    const stranger = await createKeyward({ secret: "x".repeat(32) }).keys.create({ name: "a" });
    expect(await kw.keys.identify(stranger.secret.reveal())).toBeUndefined();
  });
});
