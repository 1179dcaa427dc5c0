import { defineConfig } from "tsup";
import { thirdPartyNotices } from "../../scripts/third-party-notices.mjs";

/** selfsigned depends on 22 other packages, most of whose code is not used. They are bundled, and not installed. */
export default defineConfig({
  entry: ["src/adapter/certificate.ts"],
  format: ["cjs"],
  target: "node20.12",
  platform: "node",
  minify: true,
  removeNodeProtocol: false,
  noExternal: [/./],
  esbuildPlugins: [thirdPartyNotices()],
});
