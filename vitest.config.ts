import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

/** Tests run against the sources of the workspace's packages, so that nothing has to be built in between. */
const source = (name: string) => fileURLToPath(new URL(`packages/${name}/src/index.ts`, import.meta.url));

export default defineConfig({
  resolve: {
    alias: Object.fromEntries(
      ["core", "sql", "express", "client", "testkit"].map((name) => [`@keyward/${name}`, source(name)]),
    ),
  },
  test: {
    include: ["packages/*/test/**/*.test.ts", "apps/*/test/**/*.test.ts", "scripts/**/*.test.ts"],
    // A process of its own for each file: some change their user or are killed.
    pool: "forks",
    testTimeout: 20_000,
  },
});
