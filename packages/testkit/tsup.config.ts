import { defineConfig, type Options } from "tsup";
import { library } from "../../tsup.base.ts";

/** The test certificate is built by itself, once for both formats. */
const sharedCertificate: NonNullable<Options["esbuildPlugins"]>[number] = {
  name: "shared-certificate",
  setup(build) {
    build.onResolve({ filter: /\/certificate\.ts$/ }, () => ({ path: "./certificate.cjs", external: true }));
  },
};

const base = library();

export default defineConfig({
  ...base,
  esbuildPlugins: [...(base.esbuildPlugins ?? []), sharedCertificate],
});
