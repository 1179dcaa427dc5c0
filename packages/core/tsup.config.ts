import { defineConfig } from "tsup";
import { library } from "../../tsup.base.ts";

export default defineConfig({
  ...library(),
  // It is 2 MB, of which one file is used.
  noExternal: ["lru-cache"],
});
