import { createMiddleware } from "hono/factory";
import { secureHeaders } from "hono/secure-headers";
import type { ConsoleSettings } from "../options.ts";

const SELF = ["'self'"];
const NONE = ["'none'"];

/**
 * No resources of other hosts except the logo of the application, no inline code, no frames of origins that are not listed, and no
 * caching unless a response allows it.
 */
export function secure({ brand, frameAncestors }: Pick<ConsoleSettings, "brand" | "frameAncestors">) {
  const logo = brand?.logo?.startsWith("https:") === true ? [new URL(brand.logo).origin] : [];
  const headers = secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: NONE,
      scriptSrc: SELF,
      styleSrc: SELF,
      imgSrc: [...SELF, ...logo],
      connectSrc: SELF,
      baseUri: SELF,
      formAction: SELF,
      frameAncestors: frameAncestors.length === 0 ? NONE : [...frameAncestors],
    },
    crossOriginOpenerPolicy: "same-origin",
    crossOriginResourcePolicy: "same-origin",
    referrerPolicy: "no-referrer",
    // It cannot name origins. Browsers that know neither it nor the policy are older than 2016.
    xFrameOptions: frameAncestors.length === 0 ? "DENY" : false,
  });
  return createMiddleware(async (context, next) => {
    await headers(context, next);
    if (!context.res.headers.has("cache-control")) context.res.headers.set("cache-control", "no-store");
  });
}
