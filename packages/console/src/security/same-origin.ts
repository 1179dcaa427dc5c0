import { createMiddleware } from "hono/factory";
import type { ConsoleEnv } from "../app.ts";
import { problem } from "../api/problems.ts";

const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Refuses what another site's page makes a browser ask. Browsers say where a request comes from (Fetch Metadata); older
 * ones name the origin of whatever changes something. A program that is no browser says neither, and carries no cookie
 * that it was not given.
 */
export const refuseOtherOrigins = createMiddleware<ConsoleEnv>(async (context, next) => {
  const site = context.req.header("sec-fetch-site");
  const origin = context.req.header("origin");
  const fromElsewhere =
    site === undefined
      ? origin !== undefined && !isOwn(origin, context.req.header("host"))
      : site !== "same-origin" && site !== "none";
  if (!fromElsewhere) return next();
  // A link from elsewhere may open the page, which shows nothing but what its own requests are answered.
  const opensPage = SAFE.has(context.req.method) && context.req.header("sec-fetch-mode") === "navigate";
  if (opensPage && !context.env.path.includes("/api/")) return next();
  return problem(context, 403, "cross-origin", "The console answers its own page only, not other sites.");
});

function isOwn(origin: string, host: string | undefined): boolean {
  return URL.canParse(origin) && new URL(origin).host === host;
}
