import type { Options } from "tsup";
import { thirdPartyNotices } from "./scripts/third-party-notices.mjs";

/** How every published package is built: ES modules, CommonJS and types for both. */
export function library(entry: string[] | Record<string, string>): Options {
  return {
    entry,
    format: ["esm", "cjs"],
    target: "node20.12",
    platform: "node",
    dts: true,
    clean: true,
    sourcemap: false,
    // Entry points of one package share their classes: an error is the same `KeywardError` in both.
    splitting: true,
    loader: { ".lua": "text" },
    esbuildPlugins: [thirdPartyNotices()],
    treeshake: true,
  };
}
