import { defineConfig, type Options } from "tsup";
import { library } from "../../tsup.base.ts";

/** The page is one file beside the builds that both load, so that it is in the package once. */
const sharedPage: NonNullable<Options["esbuildPlugins"]>[number] = {
  name: "shared-page",
  setup(build) {
    build.onResolve({ filter: /\/page\.cjs$/ }, () => ({ path: "./page.cjs", external: true }));
  },
};

const base = library();

export default defineConfig({
  ...base,
  esbuildPlugins: [...(base.esbuildPlugins ?? []), sharedPage],
  // Of these packages, 11 MB as installed, a fraction is used. iron-webcrypto has no CommonJS build, which Node below
  // 20.19 needs.
  noExternal: ["iron-webcrypto", "lru-cache", "zod", "hono", /^@hono\//],
});
