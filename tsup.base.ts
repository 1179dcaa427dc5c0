import { readFileSync } from "node:fs";
import type { Options } from "tsup";
import { thirdPartyNotices } from "./scripts/third-party-notices.mjs";

/** The entry points that the package in the working directory exports: the name of the built file, and its source. */
function exportedEntries(): Record<string, string> {
  const { exports } = JSON.parse(readFileSync("package.json", "utf8")) as {
    exports: Record<string, { readonly source?: string }>;
  };
  return Object.fromEntries(
    Object.entries(exports).flatMap(([entry, { source }]) =>
      source === undefined ? [] : [[entry === "." ? "index" : entry.slice(2), source]],
    ),
  );
}

/** Build options of every published library: ES modules, CommonJS and types for both, for each entry point. */
export function library(): Options {
  return {
    entry: exportedEntries(),
    format: ["esm", "cjs"],
    target: "node20.12",
    platform: "node",
    dts: true,
    clean: true,
    sourcemap: false,
    removeNodeProtocol: false,
    // Entry points of one package share their classes: an error is the same `KeywardError` in both.
    splitting: true,
    loader: { ".lua": "text" },
    esbuildPlugins: [thirdPartyNotices()],
    // Every program installs both formats. The ES modules stay readable for debugging.
    esbuildOptions(options, { format }) {
      if (format === "cjs") Object.assign(options, { minifyWhitespace: true, lineLimit: 160 });
    },
    treeshake: true,
  };
}
