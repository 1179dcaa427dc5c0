import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createKeyward } from "@keyward/core";
import { SampleServer } from "../../src/index.ts";
import { sqliteStore } from "@keyward/sql";
import { expect, it } from "vitest";

const main = fileURLToPath(new URL("../../../express-api/dist/main.js", import.meta.url));
const crowd = fileURLToPath(new URL("fixtures/crowd.mjs", import.meta.url));
const CALLS = 50 * 36;

interface CrowdReport {
  readonly answers: Readonly<Record<string, number>>;
  readonly seconds: number;
}

/** Fifty clients with one key, in a separate process, that send requests as fast as the real server responds. */
async function runCrowd(pace: "yes" | "no"): Promise<CrowdReport> {
  const server = new SampleServer(main);
  await server.start();
  const database = join(server.folder, "keyward.db");
  const secret = readFileSync(`${database}.secret`, "utf8").trim();
  const admin = createKeyward({ secret, store: await sqliteStore(database) });
  const created = await admin.keys.create({ name: "crowd" });
  await admin.close();
  const { stdout } = await promisify(execFile)(process.execPath, [crowd], {
    env: {
      PATH: process.env["PATH"],
      NODE_EXTRA_CA_CERTS: join(server.folder, "certificate.pem"),
      API: `https://localhost:${server.ports.https}`,
      KEY: created.secret.reveal(),
      PACE: pace,
    },
  });
  return JSON.parse(stdout) as CrowdReport;
}

it("fifty clients that pace themselves use 97 % of the limit of a real server, and fewer than 5 % are refused", async () => {
  const { answers, seconds } = await runCrowd("yes");
  const { 200: admitted = 0, 429: refused = 0 } = answers;
  expect(admitted).toBe(CALLS);
  expect(refused / (admitted + refused)).toBeLessThan(0.05);
  expect(admitted / (200 * seconds)).toBeGreaterThanOrEqual(0.97);
}, 60_000);

it("fifty clients that only back off all get through, at the pace of the limit", async () => {
  const { answers, seconds } = await runCrowd("no");
  expect(answers[200]).toBe(CALLS);
  expect(answers[429]).toBeGreaterThan(50);
  // A burst of 500 at once, then 200 a second.
  expect(seconds).toBeGreaterThan((CALLS - 500) / 200 - 0.1);
  expect(seconds).toBeLessThan(20);
}, 60_000);
