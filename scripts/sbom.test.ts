import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { publishedPackages } from "./published-packages.mjs";
import { sbomFile, writeSboms } from "./sbom.mjs";

interface Sbom {
  readonly bomFormat: string;
  readonly metadata: { readonly component: { readonly purl: string } };
  readonly components: readonly { readonly purl: string; readonly licenses: readonly object[] }[];
}

describe("the bills of materials", () => {
  it(
    "name what is installed with each package and what is bundled into it, and nothing else",
    { timeout: 120_000 },
    () => {
      const folder = mkdtempSync(join(tmpdir(), "keyward-sbom-"));
      onTestFinished(() => rmSync(folder, { recursive: true }));
      expect(writeSboms(folder)).toEqual([]);
      const manifests = publishedPackages().map(
        ({ manifest }) => manifest as { name: string; version: string },
      );
      expect(readdirSync(folder).toSorted()).toEqual(manifests.map(sbomFile).toSorted());
      for (const manifest of manifests) {
        const sbom = JSON.parse(readFileSync(join(folder, sbomFile(manifest)), "utf8")) as Sbom;
        expect(sbom.bomFormat).toBe("CycloneDX");
        expect(sbom.metadata.component.purl).toBe(
          `pkg:npm/${manifest.name.replace("@", "%40")}@${manifest.version}`,
        );
        const names = sbom.components.map(({ purl }) => purl.replace(/^pkg:npm\/|@[^@]+$/g, ""));
        const purls = sbom.components.map(({ purl }) => purl);
        expect(purls, manifest.name).toEqual([...new Set(purls)]);
        expect(names, manifest.name).not.toContain("vitest");
        for (const { purl, licenses } of sbom.components) expect(licenses.length, purl).toBeGreaterThan(0);
        if (manifest.name !== "@keyward/console") continue;
        // Installed, bundled into the server, and bundled into the page.
        expect(names).toEqual(expect.arrayContaining(["%40node-rs/argon2", "hono", "react"]));
      }
    },
  );
});
