import { createKeyward, memoryStore } from "@keyward/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { base62FromNumber } from "../../src/keys/base62.ts";
import { createIds, isId } from "../../src/keys/ids.ts";

describe("ids", () => {
  it("sort by their creation, also within a millisecond and when the clock is set back", () => {
    let now = 1_750_000_000_000;
    const ids = createIds(() => now);
    const created: string[] = [];
    for (let count = 0; count < 1000; count += 1) {
      if (count === 500) now -= 3_600_000;
      created.push(ids("key"));
    }
    expect(created.toSorted()).toEqual(created);
    expect(new Set(created).size).toBe(1000);
  });

  it("encode numbers as text that sorts alike", () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), (a, b) => {
        expect(base62FromNumber(a, 8) < base62FromNumber(b, 8)).toBe(a < b);
      }),
    );
  });
});

describe("isId", () => {
  it("accepts the ids that are made here", () => {
    const ids = createIds(() => Date.now());
    expect(isId(ids("key"))).toBe(true);
    expect(isId(ids("act"))).toBe(true);
  });

  it.each(["", "key_\u0000", "prod_0Qc3ZkT1-x8Lm-0RaB-1a234b56", `key_${"x".repeat(51)}`, 7, undefined])(
    "rejects %j",
    (value) => expect(isId(value)).toBe(false),
  );
});

describe("a value that is not an id", () => {
  it("is not looked up, and not repeated in the error", async () => {
    const store = memoryStore();
    const kw = createKeyward({ store });
    const raw = "prod_0Qc3ZkT1-x8Lm-0RaB-1a234b56";
    for (const method of ["find", "change"] as const) store[method] = () => expect.unreachable("looked up");
    expect(await kw.keys.get(raw)).toBeUndefined();
    const missing = { code: "key-not-found", message: "There is no key with this id." };
    await expect(kw.keys.update(raw, { name: "a" })).rejects.toMatchObject(missing);
    await expect(kw.keys.revoke(raw)).rejects.toMatchObject(missing);
    await expect(kw.keys.rotate(raw)).rejects.toMatchObject(missing);
  });
});
