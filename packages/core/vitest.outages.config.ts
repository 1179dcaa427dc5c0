import { defineConfig, mergeConfig } from "vitest/config";
import { base } from "../../vitest.base.ts";
import { findProgram } from "../test-servers/src/find-program.mjs";

/** These tests hold what a request waits to milliseconds: they run one at a time, when nothing else runs. */
export default mergeConfig(
  base,
  defineConfig({
    test: {
      name: "outages",
      // They stop and configure their servers, which one that REDIS_URL names does not allow.
      include: findProgram("redis-server") === undefined ? [] : ["test/redis/*.test.ts"],
      passWithNoTests: true,
      fileParallelism: false,
      sequence: { groupOrder: 1 },
    },
  }),
);
