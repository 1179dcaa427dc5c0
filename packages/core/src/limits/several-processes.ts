import { env } from "node:process";
import { warn } from "../warn.ts";

/** Variables that process managers set where they start several processes: PM2. */
const OF_SEVERAL = ["pm_id", "NODE_APP_INSTANCE"] as const;

let hasWarned = false;

/** Warns once where other processes count apart from this one: each of them admits the whole limits. */
export function warnOfSeveralProcesses(): void {
  if (hasWarned) return;
  const sign = signOfSeveral();
  if (sign === undefined) return;
  hasWarned = true;
  warn(
    "KEYWARD_MEMORY_LIMITER",
    `${sign}, and memoryLimiter() counts in each process alone: together they admit a multiple of the limits. Use redisLimiter() from @keyward/core/redis.`,
  );
}

/** Returns the sign that this is one of several processes. */
function signOfSeveral(): string | undefined {
  // Not imported: not every runtime has it.
  const cluster = process.getBuiltinModule?.("node:cluster") as { readonly isWorker?: boolean } | undefined;
  if (cluster?.isWorker === true) return "This is a worker of node:cluster";
  const name = OF_SEVERAL.find((each) => env[each] !== undefined);
  return name === undefined ? undefined : `The variable ${name} is set, as PM2 does`;
}
