import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createKeyward } from "@keyward/core";
import { sqliteStore } from "@keyward/sql";
import { expect, type it as It } from "vitest";
import { SampleServer } from "../sample-server.ts";
import { attack } from "./attack.ts";

/** Responses to collect from each sample. `npm run test:attacks` sets more. */
const RESPONSES = Number(process.env["ATTACK_REQUESTS"] ?? 2000);
/** A failure prints the seed that repeats it. */
const SEED = Number(process.env["ATTACK_SEED"] ?? Date.now() % 1_000_000_000);
/** A server that has served a few requests needs about 100 MiB. */
const MAX_MEMORY_MIB = 400;
/** Far more than limits allow, so that most requests reach their handlers. */
const LIMITS = { rate: 1_000_000, burst: 1_000_000, daily: 1_000_000_000 };

/**
 * Sends mutated requests to a sample over TLS: no 5xx, no crash, no hang, no key in any output, bounded memory.
 *
 * @param main the file that `npm start` runs
 * @param platform further environment variables
 * @param logged lines that the framework itself logs about requests that end early
 */
export function testAttacks(
  it: typeof It,
  main: string,
  platform: Readonly<Record<string, string>> = {},
  logged?: RegExp,
): void {
  it(`answers ${RESPONSES} hostile requests without a failure`, { timeout: 900_000 }, async () => {
    const server = new SampleServer(main, platform);
    await server.start({ ADMIN_PASSWORD: "correct horse battery" });
    const keys = await createKeys(server.folder);
    const [key = ""] = keys;
    const target = { port: server.ports.https, ca: server.ca, keys };
    const report = await attack(target, { responses: RESPONSES, seed: SEED });
    const context = `ATTACK_SEED=${SEED} ${JSON.stringify(report.statuses)}`;
    expect(report.failures, context).toEqual([]);
    expect(report.responses, context).toBeGreaterThanOrEqual(RESPONSES);
    // The requests reach the handlers, and are refused in many ways.
    expect(Object.keys(report.statuses), context).toEqual(
      expect.arrayContaining(["200", "400", "401", "404"]),
    );

    expect(await server.ask("/v1/hello", key), context).toMatchObject({ status: 200 });
    expect(server.memoryMib, context).toBeLessThan(MAX_MEMORY_MIB);
    // Malformed requests are mistakes of clients, which are not logged.
    expect(
      server.output.filter((line) => logged?.test(line) !== true),
      context,
    ).toEqual([expect.stringMatching(/^listening https=\d+ http=\d+$/)]);
    expect(await server.stop("SIGTERM"), context).toBe(0);
  });
}

/** Keys with and without the scope of the sample, and with limits out of reach or soon reached. */
async function createKeys(folder: string): Promise<string[]> {
  const database = join(folder, "keyward.db");
  const secret = readFileSync(`${database}.secret`, "utf8").trim();
  const admin = createKeyward({ secret, store: await sqliteStore(database) });
  const created = await Promise.all([
    admin.keys.create({ name: "any", limits: LIMITS, scopes: ["reports:write"] }),
    admin.keys.create({ name: "reader", limits: LIMITS }),
    admin.keys.create({ name: "limited", limits: { rate: 1 } }),
  ]);
  await admin.close();
  return created.map((each) => each.secret.reveal());
}
