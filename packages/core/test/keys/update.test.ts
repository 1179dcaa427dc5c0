import { type UpdateKeyInput } from "@keyward/core";
import { describe, expect, it } from "vitest";
import { HOUR_MS, setUp, START } from "./set-up.ts";

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
