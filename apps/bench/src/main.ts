/**
 * `npm run bench`: every target, as ratios from one run. Ends with 1 if one is missed.
 * `npm run bench -- admission express` runs those alone.
 */
import { availableParallelism, cpus } from "node:os";
import { benchAdmission, countLookUps } from "./admission.ts";
import { benchFramework } from "./frameworks/bench.ts";
import { benchMemoryLimiter } from "./limiter.ts";
import { benchLimits } from "./limits.ts";
import { benchObservability } from "./observability.ts";
import { benchRedis } from "./redis.ts";
import { benchUsage } from "./usage.ts";
import { benchVerification } from "./verification.ts";
import { benchScan } from "./scan.ts";
import { compareWindows } from "./windows.ts";

/** Each measures one thing, prints it, and returns which of its targets were met. */
const benchmarks: Readonly<Record<string, () => Promise<readonly boolean[]>>> = {
  admission: benchAdmission,
  limits: benchLimits,
  limiter: benchMemoryLimiter,
  express: () => benchFramework("express"),
  koa: () => benchFramework("koa"),
  "nest-express": () => benchFramework("nest-express"),
  "nest-fastify": () => benchFramework("nest-fastify"),
  redis: benchRedis,
  verification: benchVerification,
  observability: benchObservability,
  usage: benchUsage,
  scan: benchScan,
  forged: countLookUps,
  windows: compareWindows,
};

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !(name in benchmarks));
if (unknown.length > 0) {
  console.error(`No benchmark "${unknown.join('", "')}". There are: ${Object.keys(benchmarks).join(", ")}.`);
  process.exit(2);
}

console.log(`Node ${process.versions.node}, ${availableParallelism()} cores, ${cpus()[0]?.model.trim()}`);
console.log("Absolute times differ from machine to machine and from hour to hour; ratios do much less.");

const met: boolean[] = [];
for (const name of asked.length > 0 ? asked : Object.keys(benchmarks)) {
  met.push(...((await benchmarks[name]?.()) ?? []));
}

const missed = met.filter((each) => !each).length;
console.log(`\n${met.length} targets, ${missed === 0 ? "all met" : `${missed} missed`}.`);
process.exit(missed === 0 ? 0 : 1);
