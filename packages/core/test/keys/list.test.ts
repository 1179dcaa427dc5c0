import { describe, expect, it } from "vitest";
import { setUp, START } from "./set-up.ts";

describe("list", () => {
  it("returns pages, newest first, of one owner or of all", async () => {
    const { kw } = setUp();
    for (let count = 1; count <= 5; count += 1)
      await kw.keys.create({ name: `${count}`, ownerId: count === 3 ? "b" : "a" });
    const first = await kw.keys.list({ limit: 2 });
    expect(first.keys.map(({ name }) => name)).toEqual(["5", "4"]);
    const second = await kw.keys.list({ limit: 3, ...(first.nextCursor && { cursor: first.nextCursor }) });
    expect(second.keys.map(({ name }) => name)).toEqual(["3", "2", "1"]);
    expect(second.nextCursor).toBeUndefined();
    expect((await kw.keys.list({ ownerId: "b" })).keys.map(({ name }) => name)).toEqual(["3"]);
    await expect(kw.keys.list({ limit: 0 })).rejects.toThrow(
      "limit must be a whole number from 1 to 1000; got 0.",
    );
  });

  it("accepts cursors of the same order only", async () => {
    const { kw } = setUp();
    for (const name of ["b", "A", "c"]) await kw.keys.create({ name });
    const first = await kw.keys.list({ order: "name", limit: 1 });
    const next = { order: "name", limit: 5, cursor: first.nextCursor as string } as const;
    expect((await kw.keys.list(next)).keys.map(({ name }) => name)).toEqual(["b", "c"]);
    // A key that is renamed in between moves no other.
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

  it("filters by status, plan and text", async () => {
    const { kw, advance } = setUp();
    await kw.keys.create({ name: "short", expiresAt: new Date(START + 1000) });
    const { key } = await kw.keys.create({ name: "long" });
    const found = async (query: object) => (await kw.keys.list(query)).keys.map(({ name }) => name);
    expect(await found({ status: "active" })).toEqual(["long", "short"]);
    advance(1000);
    expect(await found({ status: "expired" })).toEqual(["short"]);
    expect(await found({ search: key.masked.slice(-8) })).toEqual(["long"]);
    // The filter is for the key's own plan.
    expect(await found({ plan: "default" })).toEqual([]);
    await kw.keys.update(key.id, { plan: "pro" });
    expect(await found({ plan: "pro", search: "LO" })).toEqual(["long"]);
    await kw.keys.pause(key.id, { until: new Date(START + 2000) });
    expect(await found({ status: "paused" })).toEqual(["long"]);
    expect(await found({ status: "active" })).toEqual([]);
    advance(1000);
    expect(await found({ status: "active" })).toEqual(["long"]);
    await expect(kw.keys.list({ status: "dead" } as object)).rejects.toThrow(
      'status must be one of active, paused, expired, revoked; got "dead".',
    );
  });
});
