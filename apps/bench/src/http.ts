import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import autocannon from "autocannon";
import { median } from "./measure.ts";
import { heading, line, target } from "./print.ts";

const ROUNDS = 31;

interface Load {
  readonly perSecond: number;
  /** How long the server was busy for one request. */
  readonly cpuUs: number;
}

/** The same route three times; see `http-server.ts`. */
const APPS = ["bare", "labelled", "guarded"] as const;
type App = (typeof APPS)[number];

interface Ready {
  readonly ports: Readonly<Record<App, number>>;
  readonly key: string;
}

/** Requests over HTTPS with keep-alive: Express bare, and with Keyward in front of the same route. */
export async function benchExpress(): Promise<boolean[]> {
  const server = fork(fileURLToPath(new URL("./http-server.js", import.meta.url)));
  try {
    const [{ ports, key }] = (await once(server, "message")) as [Ready];
    const cpuMs = async () => {
      server.send("cpu");
      return ((await once(server, "message")) as [{ cpuMs: number }])[0].cpuMs;
    };
    const load = async (app: App, seconds: number): Promise<Load> => {
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
    for (const app of APPS) await load(app, 4);
    const loads: Record<App, Load[]> = { bare: [], labelled: [], guarded: [] };
    for (let round = 0; round < ROUNDS; round += 1) {
      // The order turns, so that none always follows the same other.
      for (const app of round % 2 === 0 ? APPS : APPS.toReversed()) loads[app].push(await load(app, 1));
    }
    return report(loads);
  } finally {
    server.kill();
  }
}

function report(loads: Readonly<Record<App, readonly Load[]>>): boolean[] {
  const ratio = (app: App, to: App, of: (load: Load) => number) =>
    median(loads[to].map((load, round) => of(loads[app][round] as Load) / of(load)));
  heading("Express over HTTPS with keep-alive, 32 connections");
  const names: Readonly<Record<App, string>> = {
    bare: "bare",
    labelled: "bare, with the two RateLimit fields as constants",
    guarded: "with Keyward",
  };
  for (const app of APPS) {
    const perSecond = median(loads[app].map((load) => load.perSecond)).toFixed(0);
    const cpuUs = median(loads[app].map((load) => load.cpuUs)).toFixed(0);
    line(`${perSecond} requests a second ${names[app]}, ${cpuUs} µs of the server's CPU each`);
  }
  const besideFields = 100 * ratio("guarded", "labelled", (load) => load.perSecond);
  line(
    `where bare Express writes the same fields, Keyward serves ${besideFields.toFixed(1)} % of its requests`,
  );
  const served = 100 * ratio("guarded", "bare", (load) => load.perSecond);
  return [target("with Keyward, of the requests a second of bare Express", served, { atLeast: 90 }, " %")];
}
