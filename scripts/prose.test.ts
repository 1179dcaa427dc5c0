import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { findProse, problemsOf } from "./prose/find-prose.mjs";

const rulesOf = (path: string, source: string) => problemsOf(path, source).map(({ rule }) => rule.name);

describe("the prose lint", () => {
  it.each([
    ["docstring-start", "/** Whether it may. */"],
    ["docstring-start", "/**\n * What a request costs.\n */"],
    ["left-out", "/** The prefix; `api` if left out. */"],
    ["is-no", "// The value is no text."],
    ["pronoun", "// A check, so that\n// nobody waits."],
    ["got-wants", 'throw new Error("port: got 7, wants 8");'],
    ["of-its-own", "throw new Error(`${name} needs a folder of its own.`);"],
    ["title-start", 'it("of two at once one wins", () => {});'],
    ["title-start", 'it.each([1])("what is there: %s", () => {});'],
    ["glossary", "const label = <p>Regenerate this key</p>;"],
    ["chained", "// One thing; another thing; a third thing."],
  ])("finds %s in %j", (rule, source) => {
    expect(rulesOf("a.tsx", source)).toEqual([rule]);
  });

  it("reads Markdown without its code, and comments of Lua", () => {
    expect(rulesOf("a.md", "# Keys\n\n```\nfor ever\n```\n\nThey last\nfor ever. `for ever`\n")).toEqual([
      "translated",
    ]);
    expect(rulesOf("a.lua", "-- It is told\n-- nothing.\nlocal told = 1\n")).toEqual(["person-for-program"]);
  });

  it.each([
    "/** Request cost. There is no upper limit. */",
    "/**\n * Codes.\n *\n * @example\n * ```ts\n * // nobody is told\n * ```\n */",
    'import "for ever";',
    "const nobody = told(1);",
  ])("accepts %j", (source) => {
    expect(rulesOf("a.ts", source)).toEqual([]);
  });

  it("skips exceptions, and reports exceptions that nothing needs", () => {
    const root = mkdtempSync(join(tmpdir(), "prose-"));
    writeFileSync(join(root, "a.md"), "It lasts for ever.\n");
    const allowed = ["# comment", "a.md: translated: lasts for ever", "a.md: pronoun: nobody"].join("\n");
    expect(findProse(root, ["a.md", "gone.md"], allowed)).toEqual({
      problems: [],
      unused: ["a.md: pronoun: nobody"],
    });
  });
});
