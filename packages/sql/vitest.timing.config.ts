import { defineConfig, mergeConfig } from "vitest/config";
import { serial } from "../../vitest.base.ts";
import { OWN_SERVER, TIMING, hasPostgres } from "./test-files.ts";

/** Tests that measure how long queries, failures and the news of changes take. */
export default mergeConfig(
  serial,
  defineConfig({
    test: {
      name: "@keyward/sql timing",
      include: TIMING.filter((file) => hasPostgres || !OWN_SERVER.includes(file)),
    },
  }),
);
