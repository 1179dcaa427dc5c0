import { configDefaults, defineConfig, mergeConfig } from "vitest/config";
import { base } from "../../vitest.base.ts";
import { findProgram } from "../test-servers/src/find-program.mjs";

/** These stop and configure their servers, which one that POSTGRES_URL names does not allow. */
const OWN_SERVERS = ["test/postgres-failures.test.ts", "test/postgres-connections.test.ts"];

export default mergeConfig(
  base,
  defineConfig({
    test: {
      exclude: [...configDefaults.exclude, ...(findProgram("postgres") === undefined ? OWN_SERVERS : [])],
    },
  }),
);
