import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { createKeyward, KeywardError, type Keyward, type KeywardOptions } from "@keyward/core";
import { openStore } from "@keyward/sql";
import type { Terminal } from "./terminal.ts";

const DEFAULT_STORE = "sqlite:./keyward.db";

/** Which deployment is meant: its store and its secret, from the environment. */
export interface Settings {
  readonly store: string;
  /** The newest first; a second one while it is being changed. */
  readonly secrets: readonly string[];
  /** Where the secret was found; `undefined` if it was not. */
  readonly secretFrom: string | undefined;
}

/** The file of a SQLite store; `undefined` for another kind. */
export function fileOf(store: string): string | undefined {
  return store.startsWith("sqlite:") ? store.slice("sqlite:".length) : undefined;
}

/**
 * Reads `KEYWARD_STORE`, `KEYWARD_SECRET` and `KEYWARD_PREVIOUS_SECRET`. If there is none, the secret is looked for
 * beside a SQLite database, where the sample applications put it: `keyward.db.secret`.
 */
export function readSettings({ env, cwd }: Pick<Terminal, "env" | "cwd">): Settings {
  const store = env["KEYWARD_STORE"] || DEFAULT_STORE;
  const given = env["KEYWARD_SECRET"];
  if (given !== undefined && given !== "") {
    const previous = env["KEYWARD_PREVIOUS_SECRET"];
    const secrets = previous === undefined || previous === "" ? [given] : [given, previous];
    return { store, secrets, secretFrom: "KEYWARD_SECRET" };
  }
  const file = fileOf(store);
  const beside = file === undefined ? undefined : `${resolve(cwd, file)}.secret`;
  if (beside === undefined || !existsSync(beside)) return { store, secrets: [], secretFrom: undefined };
  return { store, secrets: [readFileSync(beside, "utf8").trim()], secretFrom: beside };
}

/**
 * Does something with a deployment's keys, and lets go of its store whatever comes of it.
 *
 * @param options for `createKeyward`; `makesDatabase` if there need not be one yet
 */
export async function withKeyward<T>(
  terminal: Terminal,
  work: (kw: Keyward) => Promise<T>,
  { makesDatabase = false, ...options }: KeywardOptions & { readonly makesDatabase?: boolean } = {},
): Promise<T> {
  const { store: url, secrets } = readSettings(terminal);
  if (secrets.length === 0 && url !== "memory:") {
    throw new KeywardError(
      "invalid-option",
      "KEYWARD_SECRET is not set, and without the deployment's secret its keys mean nothing. Set it to the application's, or make one: keyward init",
    );
  }
  const file = fileOf(url);
  const path = file === undefined ? undefined : resolve(terminal.cwd, file);
  const isNew = path !== undefined && !existsSync(path);
  if (isNew && !makesDatabase) {
    throw new KeywardError(
      "store-unavailable",
      `There is no database at ${path}. Set KEYWARD_STORE to the application's; the first key that is created makes a new one.`,
    );
  }
  const store = await openStore(path === undefined ? url : `sqlite:${path}`);
  let kw: Keyward;
  try {
    kw = createKeyward({ ...(secrets.length > 0 && { secret: secrets }), store, ...options });
  } catch (error) {
    await store.close();
    throw error;
  }
  if (isNew) terminal.say(`There was no database at ${path}: made a new one.`);
  try {
    return await work(kw);
  } finally {
    await kw.close();
  }
}
