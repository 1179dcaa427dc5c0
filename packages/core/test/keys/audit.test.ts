import { createKeyward } from "@keyward/core";
import { describe, expect, it } from "vitest";
import { setUp, START } from "./set-up.ts";

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
});
