import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import autocannon from "autocannon";
import { median } from "../measure.ts";
import { heading, line, target } from "../print.ts";
import type { AppName } from "./apps.ts";

const ROUNDS = 15;

interface Framework {
  readonly title: string;
  /** The usual alternative in front of the route. */
  readonly peer: string;
}

const FRAMEWORKS = {
  express: { title: "Express", peer: "express-rate-limit" },
  koa: { title: "Koa", peer: "koa-ratelimit" },
  "nest-express": { title: "Nest on Express", peer: "@nestjs/throttler" },
  "nest-fastify": { title: "Nest on Fastify", peer: "@nestjs/throttler" },
} as const satisfies Record<string, Framework>;

interface Load {
  readonly perSecond: number;
  /** CPU time of the server per request. */
  readonly cpuUs: number;
}

type Loads = Readonly<Record<AppName, readonly Load[]>>;

interface Ready {
  readonly ports: Readonly<Record<AppName, number>>;
  readonly key: string;
}

/** Requests over HTTPS with keep-alive, on the same route: bare, with Keyward in front, and with its peer. */
export async function benchFramework(name: keyof typeof FRAMEWORKS): Promise<boolean[]> {
  const server = fork(fileURLToPath(new URL("./server.js", import.meta.url)), [name]);
  try {
    const [{ ports, key }] = (await once(server, "message")) as [Ready];
    const apps = Object.keys(ports) as AppName[];
    const cpuMs = async () => {
      server.send("cpu");
      return ((await once(server, "message")) as [{ cpuMs: number }])[0].cpuMs;
    };
    const load = async (app: AppName, seconds: number): Promise<Load> => {
      const url = `https://127.0.0.1:${ports[app]}/v1/hello`;
      const before = await cpuMs();
      const result = await autocannon({
        url,
        connections: 32,
        duration: seconds,
        headers: { "x-api-key": key },
      });
      const busyMs = (await cpuMs()) - before;
      if (result.non2xx > 0 || result.errors > 0) {
        throw new Error(`${app}: ${result.non2xx} refused, ${result.errors} failed`);
      }
      const requests = result.requests.total;
      return { perSecond: requests / result.duration, cpuUs: (busyMs * 1000) / requests };
    };
    for (const app of apps) await load(app, 3);
    const loads: Record<AppName, Load[]> = { bare: [], least: [], guarded: [], peer: [] };
    for (let round = 0; round < ROUNDS; round += 1) {
      // The order turns, so that none always follows the same other.
      for (const app of round % 2 === 0 ? apps : apps.toReversed()) {
        loads[app].push(await load(app, 1));
      }
    }
    return report(FRAMEWORKS[name], loads);
  } finally {
    server.kill();
  }
}

function report({ title, peer }: Framework, loads: Loads): boolean[] {
  const ratio = (app: AppName, to: AppName) =>
    median(loads[to].map((load, round) => (loads[app][round] as Load).perSecond / load.perSecond));
  heading(`${title} over HTTPS with keep-alive, 32 connections`);
  const names: Readonly<Record<AppName, string>> = {
    bare: "bare",
    least:
      "with the least that a guard must do: a SHA-256 of the key, and the two RateLimit fields as constants",
    guarded: "with Keyward",
    peer: `with a hashed-key look-up and three limits of ${peer}`,
  };
  for (const [app, measured] of Object.entries(loads) as [AppName, Load[]][]) {
    const perSecond = median(measured.map((load) => load.perSecond)).toFixed(0);
    const cpuUs = median(measured.map((load) => load.cpuUs)).toFixed(0);
    line(`${perSecond} requests a second ${names[app]}, ${cpuUs} µs of the server's CPU each`);
  }
  const [least, besideLeast] = [100 * ratio("least", "bare"), 100 * ratio("guarded", "least")];
  line(
    `the least leaves ${least.toFixed(1)} % of bare ${title}; Keyward serves ${besideLeast.toFixed(1)} % of that`,
  );
  return [
    target(
      `with Keyward, of the requests a second of bare ${title}`,
      100 * ratio("guarded", "bare"),
      { atLeast: 90 },
      " %",
    ),
    target(
      `with Keyward, of the requests a second with ${peer}`,
      100 * ratio("guarded", "peer"),
      { atLeast: 100 },
      " %",
    ),
  ];
}
