import { describe, expect, it } from "vitest";
import { findNames } from "./names.mjs";

const find = (sources: Record<string, string>) => findNames(new Map(Object.entries(sources)));

describe("the check of names", () => {
  it("reports a type that two packages export", () => {
    expect(
      find({
        "packages/a/src/a.ts": "export interface Settings {}",
        "packages/b/src/b.ts": "export type Settings = 1;",
        "packages/c/src/c.ts": "type Settings = 2;",
      }),
    ).toEqual(["type Settings is exported 2 times: packages/a/src/a.ts, packages/b/src/b.ts"]);
  });

  it("reports a type that one package declares twice, exported or not", () => {
    expect(
      find({ "packages/a/src/a.ts": "class Row {}", "packages/a/src/b.ts": "export class Row {}" }),
    ).toEqual(["type Row in packages/a is declared 2 times: packages/a/src/a.ts, packages/a/src/b.ts"]);
  });

  it("accepts an alias of a generated schema", () => {
    expect(
      find({
        "packages/a/src/a.ts": "export interface Owner {}",
        "packages/b/src/b.ts": 'export type Owner = Schemas["Owner"];',
      }),
    ).toEqual([]);
  });

  it.each([
    "const told = [];",
    "function giveBack() {}",
    "const MOST_KEYS = 1;",
    "class Asker {}",
    "interface A { tenantId: string }",
  ])("reports the name in %j", (source) => {
    expect(find({ "packages/a/src/a.ts": source })).toHaveLength(1);
  });

  it("accepts names of the glossary, and names that other code declares", () => {
    expect(find({ "packages/a/src/a.ts": "const refund = event.told; const MAX_KEYS = 1;" })).toEqual([]);
  });
});
