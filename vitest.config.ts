import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vitest/config";

/** Tests run against the sources of the workspace's packages, so that nothing has to be built in between. */
const source = (name: string, file = "index.ts") =>
  fileURLToPath(new URL(`packages/${name}/src/${file}`, import.meta.url));

/** The tests of the Nest package run a second time, with the Nest before. */
const NEST = "packages/nestjs/test/*.test.ts";
const NEST_11 = fileURLToPath(new URL("packages/nestjs/test/nest-11/node_modules/@nestjs", import.meta.url));

const OUTAGES = "packages/core/test/redis/*.test.ts";

/** Gives Lua files as text, as the build does. */
const lua: Plugin = {
  name: "lua",
  transform: (code, id) => (id.endsWith(".lua") ? `export default ${JSON.stringify(code)};` : undefined),
};

export default defineConfig({
  plugins: [lua],
  resolve: {
    alias: [
      ...["redis", "telemetry", "logs", "alerts"].map((entry) => ({
        find: `@keyward/core/${entry}`,
        replacement: source("core", `${entry}/index.ts`),
      })),
      { find: "@keyward/nestjs/swagger", replacement: source("nestjs", "swagger/index.ts") },
      ...["core", "sql", "express", "koa", "nestjs", "fastify", "hono", "client", "console", "testkit"].map(
        (name) => ({
          find: `@keyward/${name}`,
          replacement: source(name),
        }),
      ),
    ],
  },
  test: {
    // A process of its own for each file: some change their user or are killed.
    pool: "forks",
    testTimeout: 20_000,
    projects: [
      {
        extends: true,
        test: {
          name: "all but outages",
          include: ["packages/*/test/**/*.test.ts", "apps/*/test/**/*.test.ts", "scripts/**/*.test.ts"],
          exclude: [OUTAGES],
        },
      },
      {
        extends: true,
        resolve: { alias: [{ find: /^@nestjs/, replacement: NEST_11 }] },
        test: { name: "nest 11", include: [NEST], exclude: ["packages/nestjs/test/graphql.test.ts"] },
      },
      {
        extends: true,
        // These hold what a request waits to milliseconds: one at a time, when nothing else runs.
        test: { name: "outages", include: [OUTAGES], fileParallelism: false, sequence: { groupOrder: 1 } },
      },
    ],
  },
});
