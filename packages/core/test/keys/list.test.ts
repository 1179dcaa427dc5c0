import { describe, expect, it } from "vitest";
import { setUp, START } from "./set-up.ts";

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
