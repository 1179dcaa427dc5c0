import { createMiddleware } from "hono/factory";
import { secureHeaders } from "hono/secure-headers";

const SELF = ["'self'"];
const NONE = ["'none'"];

const headers = secureHeaders({
  contentSecurityPolicy: {
    defaultSrc: NONE,
    scriptSrc: SELF,
    styleSrc: SELF,
    imgSrc: SELF,
    connectSrc: SELF,
    baseUri: SELF,
    formAction: SELF,
    frameAncestors: NONE,
  },
  crossOriginOpenerPolicy: "same-origin",
  crossOriginResourcePolicy: "same-origin",
  referrerPolicy: "no-referrer",
  xFrameOptions: "DENY",
});

/** No resources of other hosts, no inline code, no frames, and no caching unless a response allows it. */
export const secured = createMiddleware(async (context, next) => {
  await headers(context, next);
  if (!context.res.headers.has("cache-control")) context.res.headers.set("cache-control", "no-store");
});
