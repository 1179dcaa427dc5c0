import type { Options } from "tsup";

export const NOTICES_FILE: string;
export const BUNDLED_MODULES_FILE: string;
export function thirdPartyNotices(): NonNullable<Options["esbuildPlugins"]>[number];
export function recordModules(folder: string, modules: Iterable<string>): void;
export function noticeProblems(options: {
  readonly records: readonly string[];
  readonly notices: readonly string[];
  readonly allowedLicenses: ReadonlySet<string>;
}): readonly string[];
export function bundledPackages(folder: string): readonly {
  readonly name: string;
  readonly version: string;
  readonly license: string;
}[];
