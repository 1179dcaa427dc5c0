import { readFileSync } from "node:fs";
import type { Options } from "tsup";
import { thirdPartyNotices } from "./scripts/third-party-notices.mjs";

interface ExportTarget {
  readonly source?: string;
  readonly import?: { readonly default: string };
}

/** The entry points that the package in the working directory exports: built file, without extension, to source. */
function exportedEntries(): Record<string, string> {
  const { exports } = JSON.parse(readFileSync("package.json", "utf8")) as {
    exports: Record<string, ExportTarget>;
  };
  const entries: Record<string, string> = {};
  for (const { source, import: built } of Object.values(exports)) {
    if (source !== undefined && built !== undefined) {
      entries[built.default.replace(/^\.\/dist\/|\.js$/g, "")] = source;
    }
  }
  return entries;
}

/** How every published library is built: ES modules, CommonJS and types for both, for each entry point. */
export function library(): Options {
  return {
    entry: exportedEntries(),
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
