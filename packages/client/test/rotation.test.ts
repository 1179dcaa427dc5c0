import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { createClient, type KeyEnding } from "@keyward/client";
import { createKeyward, type Keyward } from "@keyward/core";
import { describe, expect, it, onTestFinished } from "vitest";

const RATE = 200;

/** An API whose requests take a moment, so that many are in flight when a key ends. */
async function startApi(kw: Keyward): Promise<string> {
  const server = createServer(async (request, response) => {
    const decision = await kw.admit({
      header: (name) => request.headers[name],
      secure: true,
      ip: request.socket.remoteAddress ?? "",
    });
    for (const [name, value] of Object.entries(decision.headers)) response.setHeader(name, value);
    if (!decision.admitted) response.writeHead(decision.status).end(JSON.stringify(decision.problem));
    else setTimeout(() => response.end(JSON.stringify({ key: decision.key?.id })), 50);
  }).listen(0, "127.0.0.1");
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await kw.close();
  });
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe("a key that is rotated under 200 requests per second", () => {
  it.each([
    ["with an overlap", 1000],
    ["without an overlap", 0],
  ])(
    "fails no request of the client: %s",
    async (_title, overlapMs) => {
      const kw = createKeyward({ plans: { default: { rate: 1000 } }, cache: { lifetimeMs: 100 } });
      const { key, secret } = await kw.keys.create({ name: "a" });
      let current = secret.reveal();
      let loads = 0;
      const endings: KeyEnding[] = [];
      const api = createClient({
        baseUrl: await startApi(kw),
        maxAttempts: 1,
        async apiKey() {
          loads += 1;
          // A secret manager takes a moment.
          await sleep(20);
          return current;
        },
        onKeyEnding: (ending) => endings.push(ending),
      });

      const calls: Promise<Response>[] = [];
      const startedAt = performance.now();
      const rotatedAfter = RATE / 2;
      let successor: string | undefined;
      for (let count = 0; count < 2.5 * RATE; count += 1) {
        if (count === rotatedAfter) {
          const rotated = await kw.keys.rotate(key.id, { overlapMs });
          successor = rotated.key.id;
          current = rotated.secret.reveal();
        }
        calls.push(api.fetch(`/${count}`, { method: "POST", body: "x" }));
        await sleep(Math.max(0, startedAt + (count * 1000) / RATE - performance.now()));
      }
      const responses = await Promise.all(calls);
      expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([200]));
      expect(await responses.at(-1)?.json()).toEqual({ key: successor });
      // At the first request, and once for all that were rejected.
      expect(loads).toBe(2);
      expect(endings.map(({ reason }) => reason)).toEqual(overlapMs === 0 ? [] : ["rotated"]);
    },
    30_000,
  );
});
