export { keyward, type KeywardMiddlewareOptions, type KeywardVariables } from "./keyward.ts";
