import type { OpenAPIHono } from "@hono/zod-openapi";
import type { ConsoleEnv } from "./app.ts";
import { notFound } from "./api/problems.ts";
import type { Settings } from "./options.ts";
import { readAssets } from "./page-assets.ts";

/** Their names change with what is in them. */
const FOR_EVER = "public, max-age=31536000, immutable";

/** Serves the page at every address that is neither the API's nor a file's: it finds its way by itself. */
export function servePage(app: OpenAPIHono<ConsoleEnv>, { basePath }: Settings): void {
  const { html, assets } = readAssets();
  // Where it is mounted is known only now; its own addresses are relative to this.
  const page = html.replace("<head>", `<head>\n    <base href="${basePath}/" />`);

  app.get(`${basePath}/assets/:name`, (context) => {
    const asset = assets.get(context.req.param("name"));
    if (asset === undefined) return notFound(context);
    return context.body(new Uint8Array(asset.body), 200, {
      "content-type": asset.type,
      "cache-control": FOR_EVER,
    });
  });
  app.all(`${basePath}/api/*`, notFound);
  app.get(`${basePath}/*`, (context) => context.html(page));
}
