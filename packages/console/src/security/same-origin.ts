import { createMiddleware } from "hono/factory";
import type { ConsoleEnv } from "../app.ts";
import { problem } from "../api/problems.ts";
import type { ConsoleConnection } from "../node/connection.ts";

const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Refuses requests that the page of another site causes. Browsers send where a request comes from (Fetch Metadata). Older ones
 * send the origin of a request that changes something, which must be the console's: the host of the request, or the option `origin`. A program that is not a browser sends neither, and has only the cookies that it was given.
 */
export function refuseOtherOrigins(configured: string | undefined) {
  return createMiddleware<ConsoleEnv>(async (context, next) => {
    const site = context.req.header("sec-fetch-site");
    const origin = context.req.header("origin");
    const isFromElsewhere =
      site === undefined
        ? origin !== undefined && origin !== configured && !isOwn(origin, context.env.connection)
        : site !== "same-origin" && site !== "none";
    if (!isFromElsewhere) return next();
    // A link on another site may open the page, which shows only what its own requests return.
    const opensPage = SAFE.has(context.req.method) && context.req.header("sec-fetch-mode") === "navigate";
    if (opensPage && !context.env.path.includes("/api/")) return next();
    return problem(context, 403, "cross-origin", "The console accepts requests only from its own page.");
  });
}

/** A page that came over plain HTTP may have been changed on the way, so it is not the page of a console over HTTPS. */
function isOwn(origin: string, { secure, host }: ConsoleConnection): boolean {
  if (!URL.canParse(origin)) return false;
  const { protocol, host: originHost } = new URL(origin);
  if (secure && protocol !== "https:") return false;
  // A proxy may send the default port, which browsers leave out.
  return URL.canParse(`${protocol}//${host}`) && new URL(`${protocol}//${host}`).host === originHost;
}
