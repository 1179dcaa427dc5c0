import { configDefaults, defineConfig, mergeConfig } from "vitest/config";
import { base } from "../../vitest.base.ts";

export default mergeConfig(
  base,
  defineConfig({
    test: {
      exclude: [...configDefaults.exclude, "test/redis/**"],
      isolate: false,
      setupFiles: "../../vitest.reset-modules.ts",
    },
  }),
);
