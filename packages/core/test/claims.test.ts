import { createKeyward } from "@keyward/core";
import { expect, it, onTestFinished } from "vitest";

const NOW = Date.UTC(2026, 4, 1, 12);
const LATER = new Date(NOW + 60_000);

function setUp() {
  const kw = createKeyward({ clock: () => NOW });
  onTestFinished(() => kw.close());
  return kw;
}

it("kw.claim returns true to the first of several callers", async () => {
  const kw = setUp();
  expect(await Promise.all([1, 2, 3].map(() => kw.claim("billing:12", LATER)))).toEqual([true, false, false]);
  expect(await kw.claim("x".repeat(1000), LATER)).toBe(true);
});

it.each([
  ["", LATER, "name"],
  ["x".repeat(1001), LATER, "name"],
  ["nul \0", LATER, "name"],
  [undefined, LATER, "name"],
  ["name", new Date(NOW), "until"],
  ["name", new Date(Number.NaN), "until"],
  ["name", undefined, "until"],
])("kw.claim rejects %j until %s, and claims nothing", async (name, until, field) => {
  const kw = setUp();
  await expect(kw.claim(name as string, until as Date)).rejects.toMatchObject({
    code: "invalid-input",
    field,
  });
  expect(await kw.claim("name", LATER)).toBe(true);
});
