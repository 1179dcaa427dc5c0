import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import autocannon from "autocannon";
import { median } from "./measure.ts";
import { heading, line, target } from "./print.ts";

const ROUNDS = 11;

interface Load {
  readonly perSecond: number;
  /** How long the server was busy for one request. */
  readonly cpuUs: number;
}

/** Requests over HTTPS with keep-alive: Express bare, and with Keyward in front of the same route. */
export async function benchExpress(): Promise<boolean[]> {
  const server = fork(fileURLToPath(new URL("./http-server.js", import.meta.url)));
  try {
    const [{ port, key }] = (await once(server, "message")) as [{ port: number; key: string }];
    const cpuMs = async () => {
      server.send("cpu");
      return ((await once(server, "message")) as [{ cpuMs: number }])[0].cpuMs;
    };
    const load = async (path: string, seconds: number): Promise<Load> => {
      const url = `https://127.0.0.1:${port}${path}`;
      const before = await cpuMs();
      const result = await autocannon({
        url,
        connections: 32,
        duration: seconds,
        headers: { "x-api-key": key },
      });
      const busyMs = (await cpuMs()) - before;
      if (result.non2xx > 0 || result.errors > 0) {
        throw new Error(`${path}: ${result.non2xx} refused, ${result.errors} failed`);
      }
      const requests = result.requests.total;
      return { perSecond: requests / result.duration, cpuUs: (busyMs * 1000) / requests };
    };
    await load("/bare", 4);
    await load("/keyward", 4);
    const bare: Load[] = [];
    const guarded: Load[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      // The order turns, so that neither always follows the other.
      for (const path of round % 2 === 0 ? ["/bare", "/keyward"] : ["/keyward", "/bare"]) {
        (path === "/bare" ? bare : guarded).push(await load(path, 2));
      }
    }
    const ratio = (of: (load: Load) => number) =>
      median(bare.map((alone, round) => of(guarded[round] as Load) / of(alone)));
    heading("Express over HTTPS with keep-alive, 32 connections");
    for (const [name, loads] of [
      ["bare", bare],
      ["with Keyward", guarded],
    ] as const) {
      const perSecond = median(loads.map((each) => each.perSecond)).toFixed(0);
      line(
        `${perSecond} requests a second ${name}, ${median(loads.map((each) => each.cpuUs)).toFixed(0)} µs of the server's CPU each`,
      );
    }
    const [served, busy] = [100 * ratio((each) => each.perSecond), 100 / ratio((each) => each.cpuUs)];
    line(`by the CPU it takes, Keyward leaves ${busy.toFixed(1)} % of the requests`);
    return [target("with Keyward, of the requests a second of bare Express", served, { atLeast: 90 }, " %")];
  } finally {
    server.kill();
  }
}
