import { defineConfig, mergeConfig } from "vitest/config";
import { serial } from "../../vitest.base.ts";
import { findProgram } from "../test-servers/src/find-program.mjs";

/** Tests that measure to milliseconds how long a request waits. */
export default mergeConfig(
  serial,
  defineConfig({
    test: {
      name: "outages",
      // They stop and configure their servers, which one that REDIS_URL names does not allow.
      include: findProgram("redis-server") === undefined ? [] : ["test/redis/*.test.ts"],
      passWithNoTests: true,
    },
  }),
);
