import { configDefaults, defineConfig, mergeConfig } from "vitest/config";
import { base } from "../../vitest.base.ts";
import { OWN_SERVER, TIMING, hasPostgres } from "./test-files.ts";

export default mergeConfig(
  base,
  defineConfig({
    test: { exclude: [...configDefaults.exclude, ...TIMING, ...(hasPostgres ? [] : OWN_SERVER)] },
  }),
);
