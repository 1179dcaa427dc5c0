import { defineConfig, mergeConfig } from "vitest/config";
import { base } from "./vitest.base.ts";

export default mergeConfig(
  base,
  defineConfig({
    test: {
      projects: [
        "packages/*/vitest*.config.ts",
        "packages/nestjs/test/nest-11/vitest.config.ts",
        "apps/*/vitest.config.ts",
        {
          extends: true,
          test: {
            name: "repository",
            include: ["scripts/**/*.test.ts"],
            globalSetup: "scripts/packed-packages.ts",
          },
        },
      ],
    },
  }),
);
