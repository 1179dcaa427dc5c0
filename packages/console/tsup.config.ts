import { defineConfig } from "tsup";
import { library } from "../../tsup.base.ts";

export default defineConfig({
  ...library(["src/index.ts"]),
  // Where the page's files are is told by where this file is, in CommonJS too.
  shims: true,
  // They have no CommonJS, which Node below 20.19 needs.
  noExternal: ["iron-webcrypto"],
});
