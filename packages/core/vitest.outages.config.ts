import { defineConfig, mergeConfig } from "vitest/config";
import { base } from "../../vitest.base.ts";

/** These tests hold what a request waits to milliseconds: they run one at a time, when nothing else runs. */
export default mergeConfig(
  base,
  defineConfig({
    test: {
      name: "outages",
      include: ["test/redis/*.test.ts"],
      fileParallelism: false,
      sequence: { groupOrder: 1 },
    },
  }),
);
