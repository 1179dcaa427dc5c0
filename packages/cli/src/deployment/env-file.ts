import { join } from "node:path";
import { parseEnv } from "node:util";
import { readRegularFile } from "../regular-file.ts";

/** Variables that the command line reads from `.env`. It ignores all others, such as PATH and NODE_OPTIONS. */
const VARIABLES = [
  "KEYWARD_STORE",
  "KEYWARD_SECRET",
  "KEYWARD_SECRET_FILE",
  "KEYWARD_PREVIOUS_SECRET",
  "KEYWARD_PREVIOUS_SECRET_FILE",
  "KEYWARD_ACTOR",
  "KEYWARD_PLANS",
  "REDIS_URL",
  "REDIS_PREFIX",
] as const;

export type EnvironmentVariables = Readonly<Record<string, string | undefined>>;

export function envFileIn(folder: string): string {
  return join(folder, ".env");
}

/** Reads Keyward's variables from a `.env` file. Returns an empty object if there is no such file. */
export function readEnvFile(file: string): EnvironmentVariables {
  const text = readRegularFile(file);
  if (text === undefined) return {};
  const all = parseEnv(text) as EnvironmentVariables;
  return Object.fromEntries(VARIABLES.filter((name) => name in all).map((name) => [name, all[name]]));
}

/** Adds the variables of a file to the environment. Variables that are already set win. */
export function mergeEnvironment(
  env: EnvironmentVariables,
  file: EnvironmentVariables,
): EnvironmentVariables {
  const merged: Record<string, string | undefined> = { ...file };
  // A secret in the environment replaces one in the file, even if one of them is a path.
  for (const name of ["KEYWARD_SECRET", "KEYWARD_PREVIOUS_SECRET"]) {
    const pair = [name, `${name}_FILE`];
    if (pair.some((each) => (env[each] ?? "") !== "")) for (const each of pair) delete merged[each];
  }
  return Object.assign(
    merged,
    Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined)),
  );
}
