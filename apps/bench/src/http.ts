import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import autocannon from "autocannon";
import { median } from "./measure.ts";
import { heading, line, target } from "./print.ts";

const ROUNDS = 7;

/** Requests a second over HTTPS with keep-alive: Express bare, and with Keyward in front of the same route. */
export async function benchExpress(): Promise<boolean[]> {
  const server = spawn(process.execPath, [fileURLToPath(new URL("./http-server.js", import.meta.url))], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const [first] = (await once(createInterface(server.stdout), "line")) as [string];
    const [port, key = ""] = first.split(" ");
    const load = async (path: string, seconds: number) => {
      const url = `https://127.0.0.1:${port}${path}`;
      const result = await autocannon({
        url,
        connections: 32,
        duration: seconds,
        headers: { "x-api-key": key },
      });
      if (result.non2xx > 0 || result.errors > 0)
        throw new Error(`${path}: ${result.non2xx} refused, ${result.errors} failed`);
      return result.requests.total / result.duration;
    };
    await load("/bare", 2);
    await load("/keyward", 2);
    const bare: number[] = [];
    const ratios: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      // The order turns, so that neither always follows the other.
      const inOrder = round % 2 === 0;
      const one = await load(inOrder ? "/bare" : "/keyward", 2);
      const other = await load(inOrder ? "/keyward" : "/bare", 2);
      const [alone, guarded] = inOrder ? [one, other] : [other, one];
      bare.push(alone);
      ratios.push(guarded / alone);
    }
    heading("Express over HTTPS with keep-alive, 32 connections");
    line(`${median(bare).toFixed(0)} requests a second bare`);
    return [
      target(
        "with Keyward, of the requests a second of bare Express",
        100 * median(ratios),
        { atLeast: 90 },
        " %",
      ),
    ];
  } finally {
    server.kill();
  }
}
