import type { Limiter } from "@keyward/core";
import { redisLimiter } from "@keyward/core/redis";
import { startRedis } from "@keyward/test-servers";
import { Redis } from "ioredis";
import { RateLimiterRedis, RateLimiterUnion } from "rate-limiter-flexible";
import { median } from "./measure.ts";
import { heading, line, target } from "./print.ts";

/** Out of reach, and in the proportion of 200 to 500. */
const PLENTY = { rate: 400_000_000, burst: 1_000_000_000, daily: 1_000_000_000 } as const;
const NEXT_TO_NOTHING = { rate: 1, burst: 1, daily: 1 } as const;
const ROUNDS = 7;
const ROUND_MS = 700;

/** Asks once; `turn` says which time it is. */
type ConsumeCall = (turn: number) => unknown;

interface LoadSample {
  readonly perSecond: number;
  /** CPU time of this process per decision. */
  readonly cpuUs: number;
}

/** Keeps `inFlight` questions going for `ms`. */
async function load(ask: ConsumeCall, inFlight: number, ms = ROUND_MS): Promise<LoadSample> {
  const until = performance.now() + ms;
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  let turn = 0;
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      while (performance.now() < until) await ask((turn += 1));
    }),
  );
  const seconds = (performance.now() - startedAt) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { perSecond: turn / seconds, cpuUs: (user + system) / turn };
}

/** Loads them in turn, so that a machine that slows down slows all; medians. */
async function compareLoads(asks: readonly ConsumeCall[], inFlight: number): Promise<LoadSample[]> {
  const rounds: LoadSample[][] = [];
  for (const ask of asks) await load(ask, inFlight, 300);
  for (let round = 0; round < ROUNDS; round += 1) {
    const loads: LoadSample[] = [];
    for (const ask of asks) loads.push(await load(ask, inFlight));
    rounds.push(loads);
  }
  return asks.map((_, index) => ({
    perSecond: median(rounds.map((loads) => (loads[index] as LoadSample).perSecond)),
    cpuUs: median(rounds.map((loads) => (loads[index] as LoadSample).cpuUs)),
  }));
}

/** The median time of one question at a time, in microseconds, asked in turn. */
async function latencies(asks: readonly ConsumeCall[]): Promise<number[]> {
  const times: number[][] = asks.map(() => []);
  for (let turn = 0; turn < 6000; turn += 1) {
    for (const [index, ask] of asks.entries()) {
      const startedAt = performance.now();
      await ask(turn);
      if (turn > 1000) times[index]?.push((performance.now() - startedAt) * 1000);
    }
  }
  return times.map((each) => median(each));
}

/** Three limiters of rate-limiter-flexible, as a union: what one would put there otherwise. */
function union(
  client: Redis,
  limits: Record<"rate" | "burst" | "daily", number>,
  name: string,
): RateLimiterUnion {
  const limiter = (policy: string, points: number, duration: number) =>
    new RateLimiterRedis({ storeClient: client, keyPrefix: `${name}-${policy}`, points, duration });
  return new RateLimiterUnion(
    limiter("sustained", limits.rate, 1),
    limiter("burst", limits.burst, 1),
    limiter("daily", limits.daily, 86_400),
  );
}

function lines(names: readonly string[], loads: readonly LoadSample[]): void {
  for (const [index, { perSecond, cpuUs }] of loads.entries()) {
    line(
      `${perSecond.toFixed(0).padStart(8)} a second, ${cpuUs.toFixed(1).padStart(5)} µs of this process each  ${names[index]}`,
    );
  }
}

/** The Redis limiter against a real redis-server, a bare PING, and the union. */
export async function benchRedis(): Promise<boolean[]> {
  const server = await startRedis();
  const client = new Redis(server.url);
  const limiter: Limiter = redisLimiter({ client, timeoutMs: 5000 });
  const plenty = union(client, PLENTY, "plenty");
  const ping: ConsumeCall = () => client.ping();
  const names = ["Keyward", "a union of three limiters", "PING"];
  try {
    heading("Limits in Redis, one decision at a time");
    // The first call loads the script.
    await limiter.consume("alone", PLENTY, 1);
    const before = await commandsRun(client);
    const asked = 1000;
    for (let turn = 0; turn < asked; turn += 1) await limiter.consume("alone", PLENTY, 1);
    const sent = ((await commandsRun(client)) - before) / asked;
    const [decisionUs = 0, pingUs = 0] = await latencies([() => limiter.consume("alone", PLENTY, 1), ping]);
    line(`${decisionUs.toFixed(0)} µs a decision, ${pingUs.toFixed(0)} µs a PING, medians`);
    const met = [
      target("commands for a decision", sent, { atMost: 1 }, ""),
      target("a decision, in times of a PING", decisionUs / pingUs, { atMost: 1.25 }, "×"),
    ];

    for (const [subjects, keys] of [
      [1000, "1000 keys"],
      [10, "10 hot keys"],
    ] as const) {
      heading(`256 decisions in flight over ${keys}`);
      const loads = await compareLoads(
        [
          (turn) => limiter.consume(`key${turn % subjects}`, PLENTY, 1),
          (turn) => plenty.consume(`key${turn % subjects}`),
          ping,
        ],
        256,
      );
      lines(names, loads);
      const [own, theirs, pings] = loads as [LoadSample, LoadSample, LoadSample];
      if (subjects === 1000) {
        met.push(
          target("times the union's decisions", own.perSecond / theirs.perSecond, { atLeast: 2.5 }, "×"),
          target(
            "of the union's time in this process",
            (100 * own.cpuUs) / theirs.cpuUs,
            { atMost: 40 },
            " %",
          ),
        );
      } else {
        met.push(
          target("times the union's decisions", own.perSecond / theirs.perSecond, { atLeast: 20 }, "×"),
          target("times as many as PINGs", own.perSecond / pings.perSecond, { atLeast: 1 }, "×"),
        );
      }
    }

    heading("Refused requests of one key, 256 in flight");
    const refusing = union(client, NEXT_TO_NOTHING, "nothing");
    const refused = await compareLoads(
      [
        () => limiter.consume("refused", NEXT_TO_NOTHING, 1),
        () => refusing.consume("refused").catch(() => {}),
      ],
      256,
    );
    lines(names, refused);
    const [own, theirs] = refused as [LoadSample, LoadSample];
    met.push(target("times the union's decisions", own.perSecond / theirs.perSecond, { atLeast: 50 }, "×"));
    return met;
  } finally {
    await limiter.close();
    client.disconnect();
    await server.stop();
  }
}

/** Returns the number of scripts that the server has run. */
async function commandsRun(client: Redis): Promise<number> {
  const report = await client.info("commandstats");
  const counts = [...report.matchAll(/^cmdstat_(?:evalsha|eval):calls=(\d+)/gm)];
  return counts.reduce((sum, [, calls]) => sum + Number(calls), 0);
}
