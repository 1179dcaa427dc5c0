import { availableParallelism } from "node:os";
import { defineConfig, mergeConfig, type Plugin, type ViteUserConfig } from "vitest/config";

/** Imports Lua files and programs of threads as text, as the build does. */
const text: Plugin = {
  name: "text",
  transform: (code, id) =>
    /\.lua$|-thread\.cjs$/.test(id) ? `export default ${JSON.stringify(code)};` : undefined,
};

/**
 * Resolves packages of the workspace to their sources, so that nothing has to be built in between. The condition is not
 * part of `ssr.resolve.conditions`, because vitest passes those on to Node, which cannot load the sources.
 */
const sourceCondition: Plugin = {
  name: "source-condition",
  configResolved({ environments }) {
    for (const { resolve } of Object.values(environments)) {
      resolve.conditions = ["source", ...resolve.conditions];
    }
  },
};

/** Test options that all packages share. */
export const base: ViteUserConfig = defineConfig({
  plugins: [text, sourceCondition],
  test: {
    // Each file runs in its own process: some change their user or are killed.
    pool: "forks",
    // Two even where there are two cores: many tests wait for a server, a browser or a child process.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    testTimeout: 20_000,
    // Hooks start servers.
    hookTimeout: 60_000,
  },
});

/** Options of tests that measure time: one file after another, after the tests of the other projects. */
export const serial: ViteUserConfig = mergeConfig(
  base,
  defineConfig({ test: { fileParallelism: false, sequence: { groupOrder: 1 } } }),
);
