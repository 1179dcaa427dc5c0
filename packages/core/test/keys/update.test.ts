import type { UpdateKeyInput } from "@keyward/core";
import { describe, expect, it } from "vitest";
import { HOUR_MS, setUp, START } from "./set-up.ts";

describe("update", () => {
  it("changes the given fields, and removes values with null", async () => {
    const { kw } = setUp();
    const { key } = await kw.keys.create({
      name: "a",
      expiresAt: new Date(START + 1),
      plan: "pro",
      limits: { rate: 1, burst: 1, daily: 1 },
      allowedAddresses: ["203.0.113.0/24"],
    });
    const removed = { plan: null, limits: null, allowedAddresses: null, expiresAt: null };
    const changed = await kw.keys.update(key.id, { name: "b", scopes: ["x"], ...removed });
    expect(changed).toMatchObject({ name: "b", scopes: ["x"], masked: key.masked });
    for (const field of Object.keys(removed)) expect(changed).not.toHaveProperty(field);
  });

  it("rejects unknown keys, unknown fields, and fields that cannot be changed", async () => {
    const { kw } = setUp();
    const { key } = await kw.keys.create({ name: "a" });
    await expect(kw.keys.update("key_none", { name: "b" })).rejects.toMatchObject({ code: "key-not-found" });
    for (const field of ["revokedAt", "ownerId", "environment", "id", "lineageId", "digest", "pausedAt"]) {
      const input = { [field]: null } as UpdateKeyInput;
      await expect(kw.keys.update(key.id, input)).rejects.toThrow(
        `update: unknown field "${field}"; there are `,
      );
    }
  });

  it("changes no other field", async () => {
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
      [{ allowedAddresses: ["203.0.113.7"] }, { allowedAddresses: ["203.0.113.7/32"] }],
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
      message: `Key ${key.id} was changed by someone else: its revision is 9, not 1.`,
    });
  });
});

describe("update without input", () => {
  it("is rejected", async () => {
    const { kw } = setUp();
    const { key } = await kw.keys.create({ name: "a" });
    for (const nothing of [undefined, null, "b"])
      await expect(kw.keys.update(key.id, nothing as never)).rejects.toThrow(
        "update: the input must be an object with the fields to change.",
      );
    for (const id of [undefined, 7, "key_0"])
      await expect(kw.keys.update(id as string, { name: "b" })).rejects.toMatchObject({
        code: "key-not-found",
      });
    expect((await kw.keys.get(key.id))?.revision).toBe(1);
  });
});

describe("ifRevision", () => {
  it("rejects a change of a key that was changed since", async () => {
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
