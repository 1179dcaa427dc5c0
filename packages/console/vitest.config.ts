export { serial as default } from "../../vitest.base.ts";
