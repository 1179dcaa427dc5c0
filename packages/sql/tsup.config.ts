import { defineConfig } from "tsup";
import { library } from "../../tsup.base.ts";

export default defineConfig({
  ...library(),
  // An optional dependency, which tsup would build in: its binary has to stay a package.
  external: ["libsql"],
});
