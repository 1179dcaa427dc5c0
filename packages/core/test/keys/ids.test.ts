import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { base62FromNumber } from "../../src/keys/base62.ts";
import { createIds } from "../../src/keys/ids.ts";

describe("ids", () => {
  it("sort by when they were made, also within a millisecond and with the clock set back", () => {
    let now = 1_750_000_000_000;
    const ids = createIds(() => now);
    const made: string[] = [];
    for (let count = 0; count < 1000; count += 1) {
      if (count === 500) now -= 3_600_000;
      made.push(ids("key"));
    }
    expect(made.toSorted()).toEqual(made);
    expect(new Set(made).size).toBe(1000);
  });

  it("write numbers so that text sorts as they do", () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), (a, b) => {
        expect(base62FromNumber(a, 8) < base62FromNumber(b, 8)).toBe(a < b);
      }),
    );
  });
});
