import { defineConfig } from "tsup";
import { thirdPartyNotices } from "../../scripts/third-party-notices.mjs";

// A program, not a library: one format, and no types.
export default defineConfig({
  entry: ["src/main.ts"],
  format: ["esm"],
  target: "node20.12",
  platform: "node",
  clean: true,
  sourcemap: false,
  removeNodeProtocol: false,
  esbuildPlugins: [thirdPartyNotices()],
});
