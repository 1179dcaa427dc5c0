import { userInfo } from "node:os";
import { resolve } from "node:path";
import { readSecrets, type Actor } from "@keyward/core";
import type { Terminal } from "../terminal/terminal.ts";
import { envFileIn, mergeEnvironment, readEnvFile, type EnvironmentVariables } from "./env-file.ts";
import { readRegularFile } from "../regular-file.ts";

const DEFAULT_STORE = "sqlite:./keyward.db";

/** Settings of the deployment, from environment variables, `.env` and the file next to a SQLite database. */
export interface DeploymentSettings {
  /** A store URL: `sqlite:<path>`, `postgres://…` or `memory:`. */
  readonly store: string;
  /** Newest first. Two while the secret is being changed, and empty without a secret. */
  readonly secrets: readonly string[];
  readonly secretSource: SecretSource | undefined;
  /** Recorded in audit events. */
  readonly actor: Actor;
  readonly redisUrl: string | undefined;
  /** The prefix of the limiter's names in Redis; its default if `undefined`. */
  readonly redisPrefix: string | undefined;
  /** A JSON file with the application's plans. */
  readonly plansFile: string | undefined;
}

/** The origin of a secret. */
export interface SecretSource {
  /** A variable's name, or a path. */
  readonly name: string;
  /** The file that contains the secret, if it is in one. */
  readonly file: string | undefined;
}

/** The location of a store. */
export interface StoreLocation {
  /** The store URL, with an absolute path. */
  readonly url: string;
  /** The absolute path of a SQLite database; `undefined` for another kind of store. */
  readonly path: string | undefined;
}

/** @param cwd the folder that the path of a SQLite database is relative to */
export function locateStore(store: string, cwd: string): StoreLocation {
  if (!store.startsWith("sqlite:")) return { url: store, path: undefined };
  const path = resolve(cwd, store.slice("sqlite:".length));
  return { url: `sqlite:${path}`, path };
}

/**
 * Reads the settings. Without `KEYWARD_SECRET`, reads the secret from the file next to a SQLite database, where the
 * sample applications store it: `keyward.db.secret`.
 *
 * @param isTrusted returns whether a file in the working directory may provide settings
 */
export function readSettings(
  { env, cwd }: Pick<Terminal, "env" | "cwd">,
  isTrusted: (file: string) => boolean = () => true,
): DeploymentSettings {
  const envFile = envFileIn(cwd);
  const fromFile = isTrusted(envFile) ? readEnvFile(envFile) : {};
  const merged = mergeEnvironment(env, fromFile);
  const store = merged["KEYWARD_STORE"] || DEFAULT_STORE;
  const common = {
    store,
    actor: readActor(merged),
    redisUrl: merged["REDIS_URL"] || undefined,
    redisPrefix: merged["REDIS_PREFIX"] || undefined,
    plansFile: merged["KEYWARD_PLANS"] || undefined,
  };
  const secrets = readSecrets(merged);
  if (secrets !== undefined) {
    const source = sourceOf(merged, merged["KEYWARD_SECRET"] === env["KEYWARD_SECRET"] ? undefined : envFile);
    return { ...common, secrets, secretSource: source };
  }
  const { path } = locateStore(store, cwd);
  const beside = path === undefined ? undefined : `${path}.secret`;
  const secret = beside !== undefined && isTrusted(beside) ? readRegularFile(beside)?.trim() : undefined;
  if (beside === undefined || secret === undefined)
    return { ...common, secrets: [], secretSource: undefined };
  return { ...common, secrets: [secret], secretSource: { name: beside, file: beside } };
}

function sourceOf(env: EnvironmentVariables, envFile: string | undefined): SecretSource {
  const secretFile = env["KEYWARD_SECRET_FILE"] || undefined;
  if (secretFile !== undefined) return { name: "KEYWARD_SECRET_FILE", file: secretFile };
  return { name: envFile === undefined ? "KEYWARD_SECRET" : "KEYWARD_SECRET in .env", file: envFile };
}

/** `KEYWARD_ACTOR`, or the user of this machine. */
function readActor(env: EnvironmentVariables): Actor {
  const actor = env["KEYWARD_ACTOR"] || undefined;
  if (actor !== undefined) return { actor };
  try {
    return { actor: `${userInfo().username}, command line` };
  } catch {
    // A container may run as a user without a name.
    return { actor: "command line" };
  }
}
