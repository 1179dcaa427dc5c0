import { readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { KeywardError } from "@keyward/core";

/** Where the build puts the page, as seen from `src` and from `dist` alike. */
const FOLDER = fileURLToPath(new URL("../dist/page/", import.meta.url));

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

export interface Asset {
  readonly type: string;
  readonly body: Buffer;
}

/** The page's files by their names, read once: they are few and small. */
export function readAssets(): { readonly html: string; readonly assets: ReadonlyMap<string, Asset> } {
  const assets = new Map<string, Asset>();
  try {
    for (const name of readdirSync(join(FOLDER, "assets"))) {
      const type = TYPES[extname(name)];
      if (type !== undefined) assets.set(name, { type, body: readFileSync(join(FOLDER, "assets", name)) });
    }
    return { html: readFileSync(join(FOLDER, "index.html"), "utf8"), assets };
  } catch (cause) {
    throw new KeywardError("invalid-option", `The console's page is not built: there is none in ${FOLDER}.`, {
      cause,
    });
  }
}
