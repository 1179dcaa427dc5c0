import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { root } from "./published-packages.mjs";
import { noticeProblems, NOTICES_FILE } from "./third-party-notices.mjs";

/** A package whose only module imports `bundled`, built as the published ones are. */
function buildPackage(
  bundled: Readonly<Record<string, { readonly license: string; readonly text?: string }>>,
) {
  const folder = mkdtempSync(join(tmpdir(), "keyward-notices-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const write = (path: string, content: string) => {
    mkdirSync(join(folder, path, ".."), { recursive: true });
    writeFileSync(join(folder, path), content);
  };
  for (const [name, { license, text }] of Object.entries(bundled)) {
    write(
      `node_modules/${name}/package.json`,
      JSON.stringify({ name, version: "1.0.0", license, main: "lib/main.js" }),
    );
    write(`node_modules/${name}/lib/main.js`, `exports.name = "${name}";`);
    write(`node_modules/${name}/lib/package.json`, '{ "type": "commonjs" }');
    if (text !== undefined) write(`node_modules/${name}/LICENSE.md`, text);
  }
  const names = Object.keys(bundled);
  const imports = names.map((name, index) => `import { name as n${index} } from "${name}";`);
  write(
    "index.js",
    `${imports.join("\n")}\nconsole.log(${names.map((_, index) => `n${index}`).join(", ")});`,
  );
  write("package.json", JSON.stringify({ type: "module", exports: { ".": { source: "./index.js" } } }));
  const library = JSON.stringify(join(root, "tsup.base.ts"));
  write(
    "tsup.config.ts",
    `import { library } from ${library}; export default { ...library(), dts: false, noExternal: [/./] };`,
  );
  execFileSync(join(root, "node_modules/.bin/tsup"), { cwd: folder, stdio: "pipe" });
  return folder;
}

const readNotices = (folder: string) => readFileSync(join(folder, "dist", NOTICES_FILE), "utf8");
const allowedLicenses = new Set(["MIT", "ISC", "Unlicense"]);

it("writes a notice with the licence text of every bundled package", () => {
  const folder = buildPackage({
    first: { license: "MIT", text: "Copyright first\n\n## Purpose\n\nAny." },
    second: { license: "Unlicense" },
    third: { license: "MIT" },
  });
  const notices = readNotices(folder);
  expect(notices).toContain("## first - 1.0.0 (MIT)\n\nCopyright first\n\n## Purpose\n\nAny.\n");
  expect(notices).toContain("## second - 1.0.0 (Unlicense)\n");
  expect(notices).toContain("Copyright (c) the authors of third\n\nPermission is hereby granted");
  expect(noticeProblems({ records: [folder], notices: [notices], allowedLicenses })).toEqual([]);
});

it("reports a bundled package without a notice, without a licence text, or under another licence", () => {
  const folder = buildPackage({
    missing: { license: "ISC" },
    viral: { license: "GPL-3.0", text: "Copyleft" },
  });
  expect(noticeProblems({ records: [folder], notices: [readNotices(folder)], allowedLicenses })).toEqual([
    "missing@1.0.0 is bundled without the text of its licence",
    "viral@1.0.0 is bundled and under GPL-3.0",
  ]);
  expect(noticeProblems({ records: [folder], notices: [], allowedLicenses })).toEqual([
    "missing@1.0.0 is bundled without its notice",
    "viral@1.0.0 is bundled without its notice",
  ]);
});

it("fails for a package whose build has recorded nothing", () => {
  expect(() => noticeProblems({ records: ["/nonexistent"], notices: [], allowedLicenses })).toThrow(/ENOENT/);
});
