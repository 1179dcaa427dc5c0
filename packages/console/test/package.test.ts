import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";

const page = fileURLToPath(new URL("../dist/page", import.meta.url));

it("the page is small: below 150 KB, gzipped, in all", () => {
  const files = readdirSync(page, { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
  const bytes = files.map(({ parentPath, name }) => gzipSync(readFileSync(`${parentPath}/${name}`)).length);
  expect(files.length).toBeGreaterThanOrEqual(4);
  expect(bytes.reduce((sum, each) => sum + each, 0)).toBeLessThan(150_000);
});

it("the page's code has no source maps, and no address of another host that it would ask", () => {
  for (const name of readdirSync(`${page}/assets`)) {
    const text = readFileSync(`${page}/assets/${name}`, "utf8");
    expect(text).not.toContain("sourceMappingURL");
    const hosts = new Set([...text.matchAll(/https?:\/\/([\w.-]+)/g)].map(([, host]) => host));
    // Names of XML's vocabularies, and where React explains its errors.
    for (const known of ["www.w3.org", "react.dev"]) hosts.delete(known);
    expect([...hosts]).toEqual([]);
  }
});
