import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const page = fileURLToPath(new URL("../dist/page", import.meta.url));

it("the page's code has no source maps, and no address of another host that it would ask", () => {
  for (const name of readdirSync(`${page}/assets`)) {
    const text = readFileSync(`${page}/assets/${name}`, "utf8");
    expect(text).not.toContain("sourceMappingURL");
    const hosts = new Set([...text.matchAll(/https?:\/\/([\w.-]+)/g)].map(([, host]) => host));
    // Names of XML's vocabularies, where libraries explain their errors, and an address in examples.
    for (const known of ["www.w3.org", "react.dev", "base-ui.com", "api.example.com"]) hosts.delete(known);
    expect([...hosts]).toEqual([]);
  }
});
