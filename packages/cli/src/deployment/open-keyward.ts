import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { createKeyward, type Actor, type Keyward, type KeywardOptions } from "@keyward/core";
import { openStore } from "@keyward/sql";
import { CommandError, UsageError } from "../command-error.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { readSettings, sqliteFileOf } from "./settings.ts";

/** The deployment's Keyward, and the actor for audit events. */
export interface Deployment {
  readonly kw: Keyward;
  readonly actor: Actor;
}

type OpenOptions = Omit<KeywardOptions, "secret" | "store"> & {
  /** Create the SQLite database if it does not exist. */
  readonly createDatabase?: boolean;
};

/** Opens the deployment that the settings name, runs some work, and closes it, even if the work fails. */
export async function withKeyward<T>(
  terminal: Terminal,
  work: (deployment: Deployment) => Promise<T>,
  { createDatabase = false, ...options }: OpenOptions = {},
): Promise<T> {
  const { store: url, secrets, actor } = readSettings(terminal);
  const [secret, ...previous] = secrets;
  if (secret === undefined && url !== "memory:") {
    throw new UsageError(
      "KEYWARD_SECRET is not set. Set it to the application's secret, or create one with: keyward init",
    );
  }
  const file = sqliteFileOf(url);
  const path = file === undefined ? undefined : resolve(terminal.cwd, file);
  const isNew = path !== undefined && !existsSync(path);
  if (isNew && !createDatabase) {
    throw new CommandError(
      `There is no database at ${path}. Set KEYWARD_STORE to the application's store. Creating a key creates a database.`,
    );
  }
  const store = await openStore(path === undefined ? url : `sqlite:${path}`);
  let kw: Keyward;
  try {
    kw = createKeyward({ ...(secret !== undefined && { secret: [secret, ...previous] }), store, ...options });
  } catch (error) {
    await store.close();
    throw error;
  }
  if (isNew) terminal.note(`There was no database at ${path}. Created one.`);
  try {
    return await work({ kw, actor });
  } finally {
    await kw.close();
  }
}
