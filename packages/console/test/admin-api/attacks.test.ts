import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { Agent, createServer, request as requestHttp } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createConsole } from "@keyward/console";
import { createKeyward } from "@keyward/core";
import { sqliteStore } from "@keyward/sql";
import fc from "fast-check";
import { expect, it, onTestFinished } from "vitest";
import { hostileCall, type HostileCall } from "./hostile-body.ts";

/** `npm run test:attacks` sends more. */
const REQUESTS = Number(process.env["ATTACK_REQUESTS"] ?? 1000);
/** A failure prints the seed that repeats it. */
const SEED = Number(process.env["ATTACK_SEED"] ?? Date.now() % 1_000_000_000);
const CHUNK = 200;
const CONCURRENCY = 8;
/** A request that takes longer hangs. */
const TIMEOUT_MS = 15_000;

interface AttackResponse {
  readonly status: number;
  readonly type: string;
  readonly security: unknown;
  readonly text: string;
}

async function startConsole() {
  const folder = mkdtempSync(join(tmpdir(), "keyward-attacks-"));
  const kw = createKeyward({
    secret: "Zx3vQ9kT1x8Lm0RaB1a234b56Qw7Er8Ty9Ui0Op",
    store: await sqliteStore(join(folder, "keyward.db")),
  });
  const kwConsole = createConsole(kw, {
    authorize: () => ({ actor: "attacker", may: "everything" }),
    requireHttps: { allowLoopback: true },
  });
  const server = createServer((request, response) => kwConsole.listener(request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const agent = new Agent({ keepAlive: true, maxSockets: CONCURRENCY });
  onTestFinished(async () => {
    agent.destroy();
    server.close();
    server.closeAllConnections();
    await kw.close();
    rmSync(folder, { recursive: true });
  });
  const { port } = server.address() as AddressInfo;

  function ask({ method, path, contentType, body }: HostileCall): Promise<AttackResponse> {
    return new Promise((resolve, reject) => {
      const request = requestHttp({
        host: "127.0.0.1",
        port,
        agent,
        method,
        path: `/admin/api${path}`,
        headers: {
          "content-length": body.length,
          ...(contentType !== undefined && { "content-type": contentType }),
        },
        timeout: TIMEOUT_MS,
      });
      request.once("timeout", () => request.destroy(new Error("no response")));
      request.once("error", reject);
      request.once("response", (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (part: string) => (text += part));
        response.once("end", () => {
          const { "content-type": type = "", "x-content-type-options": security } = response.headers;
          resolve({ status: response.statusCode ?? 0, type, security, text });
        });
      });
      request.end(body);
    });
  }
  return { kw, ask };
}

it(`answers ${REQUESTS} hostile bodies without a failure`, { timeout: 600_000 }, async () => {
  const { kw, ask } = await startConsole();
  const { key } = await kw.keys.create({ name: "a", ownerId: "acme" });
  const { secret } = await kw.keys.create({ name: "b" });
  const calls = hostileCall([key.id, "acme"]);
  const statuses: Record<number, number> = {};
  const failures: object[] = [];

  async function send(call: HostileCall): Promise<void> {
    const printableCall = { ...call, body: call.body.toString("latin1").slice(0, 500) };
    try {
      const { status, type, security, text } = await ask(call);
      statuses[status] = (statuses[status] ?? 0) + 1;
      const isWrong = status >= 500 || security !== "nosniff" || (text !== "" && !/\bjson\b/.test(type));
      // Only a created key is shown, once.
      const leaks = status !== 201 && /"secret"/.test(text);
      if (isWrong || leaks)
        failures.push({ status, type, security, text: text.slice(0, 300), call: printableCall });
    } catch (error) {
      failures.push({ error: String(error), call: printableCall });
    }
  }

  for (let sent = 0; sent < REQUESTS && failures.length < 10; sent += CHUNK) {
    const batch = fc.sample(calls, { numRuns: Math.min(CHUNK, REQUESTS - sent), seed: SEED + sent });
    const workers = Array.from({ length: CONCURRENCY }, async () => {
      for (let call = batch.pop(); call !== undefined; call = batch.pop()) await send(call);
    });
    await Promise.all(workers);
  }
  const context = `ATTACK_SEED=${SEED} ${JSON.stringify(statuses)}`;
  expect(failures, context).toEqual([]);
  expect(Object.keys(statuses), context).toEqual(expect.arrayContaining(["200", "400", "404"]));
  // The server still works, and no attack replaced the prototype of all objects.
  expect(await kw.keys.identify(secret.reveal())).toMatchObject({ name: "b" });
  expect(Object.keys(Object.prototype)).toEqual([]);
  expect(process.memoryUsage().heapUsed / 2 ** 20, context).toBeLessThan(500);
});
