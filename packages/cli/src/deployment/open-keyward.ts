import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { createKeyward, type Actor, type Keyward, type KeywardOptions } from "@keyward/core";
import { openStore } from "@keyward/sql";
import { CommandError, UsageError } from "../command-error.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { readPlans, type Plans } from "./plans.ts";
import { openRedisLimiter } from "./redis-limiter.ts";
import { locateStore, readSettings } from "./settings.ts";

/** The deployment's Keyward, and the actor for audit events. */
export interface Deployment {
  readonly kw: Keyward;
  readonly actor: Actor;
  /** True if the application's plans are known. Otherwise (without `KEYWARD_PLANS`) a plan is only a name. */
  readonly knowsPlans: boolean;
  /** True if counters are in Redis. Otherwise the application's processes count rates themselves. */
  readonly usesRedis: boolean;
}

type OpenOptions = Pick<KeywardOptions, "environments"> & {
  /** Create the SQLite database if it does not exist. */
  readonly createDatabase?: boolean;
  /** The name of a plan that is accepted if the plans of the application are not known. */
  readonly plan?: string | undefined;
  /** Use the counters in Redis, if `REDIS_URL` is set. */
  readonly needsCounters?: boolean;
};

/** Opens the deployment that the settings name, runs some work, and closes it, even if the work fails. */
export async function withKeyward<T>(
  terminal: Terminal,
  work: (deployment: Deployment) => Promise<T>,
  { createDatabase = false, environments, plan, needsCounters = false }: OpenOptions = {},
): Promise<T> {
  const { store: setting, secrets, actor, redisUrl, redisPrefix, plansFile } = readSettings(terminal);
  const [secret, ...previous] = secrets;
  if (secret === undefined && setting !== "memory:") {
    throw new UsageError(
      "KEYWARD_SECRET is not set. Set it to the application's secret, or create one with: keyward init",
    );
  }
  const { url, path } = locateStore(setting, terminal.cwd);
  const isNew = path !== undefined && !existsSync(path);
  if (isNew && !createDatabase) {
    throw new CommandError(
      `There is no database at ${path}. Set KEYWARD_STORE to the application's store. Creating a key creates a database.`,
    );
  }
  const knownPlans = plansFile === undefined ? undefined : readPlans(resolve(terminal.cwd, plansFile));
  const plans = knownPlans ?? namedPlan(plan);
  const store = await openStore(url);
  let kw: Keyward;
  const usesRedis = needsCounters && redisUrl !== undefined;
  try {
    const limiter = usesRedis ? await openRedisLimiter(redisUrl, redisPrefix) : undefined;
    kw = createKeyward({
      ...(secret !== undefined && { secret: [secret, ...previous] }),
      store,
      plans,
      environments,
      limiter,
    });
  } catch (error) {
    await store.close();
    throw error;
  }
  if (isNew) terminal.note(`There was no database at ${path}. Created one.`);
  try {
    return await work({ kw, actor, knowsPlans: knownPlans !== undefined, usesRedis });
  } finally {
    await kw.close();
  }
}

/** A plan that is only a name: its limits are options of the application. */
function namedPlan(name: string | undefined): Plans | undefined {
  return name === undefined ? undefined : { [name]: { rate: 1 } };
}
