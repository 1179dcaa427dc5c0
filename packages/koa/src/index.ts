export { keyward, type KeywardMiddlewareOptions } from "./keyward.ts";
