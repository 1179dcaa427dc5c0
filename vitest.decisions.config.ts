import { defineConfig } from "vitest/config";
import base from "./vitest.config.ts";

/**
 * The tests that hold what admits, counts and keeps keys, without those that need other servers: for
 * coverage in `npm run check`, and for `npm run mutation`.
 */
export default defineConfig({
  ...base,
  test: {
    pool: "forks",
    testTimeout: 20_000,
    // A mutant is found by few examples or by none.
    env: { MODEL_RUNS: "1000", FUZZ_MS: "100" },
    include: [
      // Not the flood: a million requests are too slow for every mutant.
      "packages/core/test/*.test.ts",
      "packages/core/test/{admission,http,keys,limits,usage}/!(flood).test.ts",
      "packages/testkit/test/{give-back,memory-limiter,memory-store,test-keyward}.test.ts",
      "packages/express/test/adapter.test.ts",
    ],
    coverage: {
      provider: "v8",
      include: ["packages/core/src/{limits,keys,admission}/**"],
      reporter: ["text"],
      thresholds: { branches: 95 },
    },
  },
});
