import { writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import type { Plugin, Rollup } from "vite";
import { recordModules } from "../../../scripts/third-party-notices.mjs";

const TYPES: Readonly<Record<string, string>> = {
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".md": "text/plain; charset=utf-8",
};

/**
 * Writes the page as one CommonJS module, `page.cjs`. Code that reads files beside itself cannot be bundled: a bundle lies elsewhere.
 * A module can, and `page.cjs` serves the ES module and the CommonJS build of the console alike.
 */
export function embedPage(folder: string, noticesFile: string): Plugin {
  return {
    name: "embed-page",
    writeBundle(_options, bundle) {
      const files = Object.values(bundle).map((file) => ({ path: file.fileName, text: textOf(file) }));
      const html = files.find(({ path }) => path === "index.html")?.text;
      const assets = files
        .filter(({ path }) => path !== "index.html")
        .map(({ path, text }) => [path, { type: typeOf(path), text }]);
      const page = JSON.stringify({ html, assets: Object.fromEntries(assets) });
      writeFileSync(join(folder, "page.cjs"), `module.exports = ${page};\n`);
      const notices = files.find(({ path }) => path === noticesFile)?.text;
      writeFileSync(join(folder, `page-${noticesFile}`), String(notices));
      const chunks = Object.values(bundle).filter((file) => file.type === "chunk");
      recordModules(
        join(import.meta.dirname, "generated"),
        chunks.flatMap(({ moduleIds }) => moduleIds),
      );
    },
  };
}

function textOf(file: Rollup.OutputAsset | Rollup.OutputChunk): string {
  if (file.type === "chunk") return file.code;
  return typeof file.source === "string" ? file.source : Buffer.from(file.source).toString("utf8");
}

function typeOf(path: string): string {
  const type = TYPES[extname(path)];
  if (type === undefined) throw new Error(`${path}: its type is not known, so it cannot be served.`);
  return type;
}
