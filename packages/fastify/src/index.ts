export { keyward, type KeywardHookOptions } from "./keyward.ts";
