import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ADMIN_PROBLEMS } from "../apps/docs/problems.mjs";
import { REFUSALS } from "../packages/core/src/admission/refusals.ts";
import { EVENT_NAMES } from "../packages/core/src/events.ts";
import { root } from "./published-packages.mjs";

const docs = join(root, "apps/docs");

describe("the documentation", () => {
  it("has a page for each problem, which says of it what the server says", () => {
    const source = readFileSync(join(docs, "problems.mjs"), "utf8");
    const problems = source.slice(0, source.indexOf("ADMIN_PROBLEMS"));
    for (const [code, row] of Object.entries(REFUSALS)) {
      const from = problems.indexOf(`"${code}": {`);
      expect(from, code).toBeGreaterThan(0);
      const entry = problems.slice(from, problems.indexOf("operator:", from));
      expect(entry, code).toContain(`status: ${row.status},`);
      expect(entry, code).toContain(`title: ${JSON.stringify(row.title)},`);
      const type = "type" in row ? `\`\${IANA}${row.type.split("#")[1]}\`` : `urn("${code}")`;
      expect(entry, code).toContain(`type: ${type},`);
    }
    expect(problems.match(/^ {2}"[\w-]+": \{$/gm)).toHaveLength(Object.keys(REFUSALS).length);
  });

  it("has a page for each problem of the admin API that is not a KeywardError", () => {
    const source = readFileSync(join(root, "packages/console/src/api/problems.ts"), "utf8");
    const union = source.slice(source.indexOf("ConsoleProblemCode ="), source.indexOf(";\n\nconst TITLES"));
    const codes = [...union.matchAll(/^ {2}\| "([\w-]+)"/gm)].map(([, code]) => code);
    // The protected API uses the same code.
    const own = codes.filter((code) => code !== "https-required");
    expect(own.length).toBeGreaterThan(5);
    expect(Object.keys(ADMIN_PROBLEMS).toSorted()).toEqual(own.toSorted());
    for (const { title } of Object.values(ADMIN_PROBLEMS)) expect(source).toContain(`"${title}"`);
  });

  it("lists each event", () => {
    const page = readFileSync(join(docs, "reference/events.md"), "utf8");
    const cells = Array.from(page.matchAll(/^\| (`[^|]+) \|/gm), ([, cell]) => cell as string);
    const listed = cells.flatMap((cell) => Array.from(cell.matchAll(/`([\w.]+)`/g), ([, name]) => name));
    expect(listed.toSorted()).toEqual(EVENT_NAMES.toSorted());
  });

  it.each([
    ["core", ["errors.ts", "warn.ts"]],
    ["client", ["errors.ts"]],
  ])("explains each code of an error or a warning beside the package: %s", (name, files) => {
    const source = files
      .map((file) => readFileSync(join(root, "packages", name, "src", file), "utf8"))
      .join();
    const codes = [...source.matchAll(/\| "([\w-]+)"|"(KEYWARD_\w+)"/g)].map(
      ([, code, warning]) => code ?? (warning as string),
    );
    expect(codes.length).toBeGreaterThan(5);
    const folder = join(root, "packages", name);
    const page = readFileSync(join(folder, "ERRORS.md"), "utf8");
    const explained = Array.from(page.matchAll(/^## (.+)$/gm), ([, code]) => code);
    expect(explained.toSorted()).toEqual(codes.toSorted());
  });
});
