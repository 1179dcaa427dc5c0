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

/** Nothing of another host, nothing inline, in nobody's frame, and in nobody's cache unless an answer says so itself. */
export const secured = createMiddleware(async (context, next) => {
  await headers(context, next);
  if (!context.res.headers.has("cache-control")) context.res.headers.set("cache-control", "no-store");
});
