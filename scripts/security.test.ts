import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { root } from "./published-packages.mjs";

/** The rows of the tables of threats: the threat, the code that answers it, and the test that proves it. */
const rows = readFileSync(join(root, "SECURITY.md"), "utf8")
  .split("\n## Threats\n")[1]
  ?.split("\n## ")[0]
  ?.split("\n")
  .filter((line) => line.startsWith("| ") && !/^\| (?:threat|---)/.test(line)) as readonly string[];

const SOURCE = /`([\w-]+\/[\w./-]+\.tsx?)`/g;
const TEST = /`([\w-]+\/[\w./-]+\.ts)` "([^"]+)"/g;

describe("the threat model in SECURITY.md", () => {
  it("has threats, each with a test", () => {
    expect(rows.length).toBeGreaterThan(30);
    for (const line of rows) expect([...line.matchAll(TEST)].length, line).toBeGreaterThan(0);
  });

  it("names files that exist", () => {
    const files = rows.flatMap((line) => [...line.matchAll(SOURCE)].map(([, file = ""]) => file));
    expect(files.filter((file) => !existsSync(join(root, "packages", file)))).toEqual([]);
  });

  it("names tests that exist", () => {
    const tests = rows.flatMap((line) => [...line.matchAll(TEST)]);
    const missing = tests.filter(([, file = "", title = ""]) => {
      const path = join(root, "packages", file);
      return existsSync(path) && !readFileSync(path, "utf8").includes(title);
    });
    expect(missing.map(([named]) => named)).toEqual([]);
  });
});
