/// <reference path="./page.d.ts" />
import type { OpenAPIHono } from "@hono/zod-openapi";
import page from "../dist/page.cjs";
import type { ConsoleEnv } from "./app.ts";
import { notAllowed, notFound } from "./api/problems.ts";
import { encodeFile } from "./compressed-file.ts";
import type { ConsoleSettings } from "./options.ts";

/** Names of files in this folder change with their content. */
const HASHED = /^assets\//;
const IMMUTABLE = "public, max-age=31536000, immutable";

/** Serves the page at every path that is neither the API's nor a file's: the page routes by itself. */
export function servePage(app: OpenAPIHono<ConsoleEnv>, { basePath }: ConsoleSettings): void {
  // The page's own addresses are relative to this.
  const html = page.html.replace("<head>", `<head>\n    <base href="${basePath}/" />`);

  for (const [path, { type, text }] of Object.entries(page.assets)) {
    app.get(`${basePath}/${path}`, async (context) => {
      const { body, encoding } = await encodeFile(text, context.req.header("accept-encoding"));
      return context.body(body, 200, {
        "content-type": type,
        vary: "accept-encoding",
        ...(encoding !== undefined && { "content-encoding": encoding }),
        ...(HASHED.test(path) && { "cache-control": IMMUTABLE }),
      });
    });
  }
  app.get(`${basePath}/assets/*`, notFound);
  app.all(`${basePath}/api/*`, notFound);
  app.get(`${basePath}/*`, (context) => context.html(html));
  app.all(`${basePath}/*`, (context) => notAllowed(context, ["GET", "HEAD"]));
}
