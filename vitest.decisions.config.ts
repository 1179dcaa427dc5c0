import { fileURLToPath } from "node:url";
import { defineConfig, mergeConfig } from "vitest/config";
import { base } from "./vitest.base.ts";

const core = fileURLToPath(new URL("packages/core/src/index.ts", import.meta.url));

/**
 * The tests that hold what admits, counts and keeps keys, without those that need other servers: for
 * coverage in `npm run check`, and for `npm run mutation`.
 */
export default mergeConfig(
  base,
  defineConfig({
    // Stryker changes a copy of the sources, whose links to packages lead to the original.
    resolve: { alias: [{ find: /^@keyward\/core$/, replacement: core }] },
    test: {
      setupFiles: "vitest.reset-modules.ts",
      // A mutant is found by few examples or by none.
      env: { MODEL_RUNS: "1000", FUZZ_MS: "100" },
      include: [
        // Not the flood: a million requests are too slow for every mutant.
        "packages/core/test/*.test.ts",
        "packages/core/test/{addresses,admission,audit,http,keys,limits,owners,permissions,usage}/!(flood).test.ts",
        "packages/testkit/test/{corrections,memory-limiter,memory-store,test-keyward}.test.ts",
        "packages/express/test/adapter.test.ts",
      ],
      coverage: {
        provider: "v8",
        include: ["packages/core/src/{limits,keys,admission}/**"],
        reporter: ["text"],
        thresholds: { branches: 95 },
      },
    },
  }),
);
