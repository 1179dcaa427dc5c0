import type { OpenAPIHono } from "@hono/zod-openapi";
import page from "../dist/page.cjs";
import type { ConsoleEnv } from "./app.ts";
import { notFound } from "./api/problems.ts";
import type { Settings } from "./options.ts";

/** Names of files in this folder change with their content. */
const HASHED = /^assets\//;
const IMMUTABLE = "public, max-age=31536000, immutable";

/** Serves the page at every path that is neither the API's nor a file's: the page routes by itself. */
export function servePage(app: OpenAPIHono<ConsoleEnv>, { basePath }: Settings): void {
  // The page's own addresses are relative to this.
  const html = page.html.replace("<head>", `<head>\n    <base href="${basePath}/" />`);

  for (const [path, { type, text }] of Object.entries(page.assets)) {
    app.get(`${basePath}/${path}`, (context) =>
      context.body(text, 200, {
        "content-type": type,
        ...(HASHED.test(path) && { "cache-control": IMMUTABLE }),
      }),
    );
  }
  app.get(`${basePath}/assets/*`, notFound);
  app.all(`${basePath}/api/*`, notFound);
  app.get(`${basePath}/*`, (context) => context.html(html));
}
