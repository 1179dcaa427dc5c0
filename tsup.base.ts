import type { Options } from "tsup";

/** How every published package is built: ES modules, CommonJS and types for both. */
export function library(entry: string[]): Options {
  return {
    entry,
    format: ["esm", "cjs"],
    target: "node20.12",
    platform: "node",
    dts: true,
    clean: true,
    sourcemap: false,
    splitting: false,
    treeshake: true,
  };
}
