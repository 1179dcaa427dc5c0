import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { rateLimit, type Options } from "express-rate-limit";
import express from "express";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { readLimits, retryAfterMs } from "../src/limit-fields.ts";

const NOW = Date.UTC(2026, 4, 1, 12);

function read(fields: Record<string, string>) {
  return readLimits(new Headers(fields), NOW).map(({ resetAt, ...limit }) => ({
    ...limit,
    resetMs: resetAt.getTime() - NOW,
  }));
}

describe("readLimits", () => {
  it("reads named policies, whatever their names hold", () => {
    const policy = '"a, \\"b\\"";q=10;w=60, "burst";q=500;w=1;qu="requests"';
    expect(
      read({
        "ratelimit-policy": '"a,b;c";q=10;w=60, "burst"; q=500; w=1',
        ratelimit: '"burst";r=3;t=1, "a,b;c"; r=0; t=59',
      }),
    ).toEqual([
      { name: "burst", quota: 500, windowMs: 1000, remaining: 3, resetMs: 1000 },
      { name: "a,b;c", quota: 10, windowMs: 60_000, remaining: 0, resetMs: 59_000 },
    ]);
    expect(read({ "ratelimit-policy": policy, ratelimit: '"burst";r=3;t=1' })).toHaveLength(1);
  });

  it("reads one limit as in earlier drafts", () => {
    const limit = { name: "", quota: 100, windowMs: 60_000, remaining: 7, resetMs: 20_000 };
    expect(read({ ratelimit: "limit=100, remaining=7, reset=20", "ratelimit-policy": "100;w=60" })).toEqual([
      limit,
    ]);
    expect(
      read({
        "ratelimit-limit": "100",
        "ratelimit-remaining": "7",
        "ratelimit-reset": "20",
        "ratelimit-policy": "100;w=60",
      }),
    ).toEqual([limit]);
  });

  it("reads nothing where there is nothing, or nonsense", () => {
    for (const fields of [
      {},
      { ratelimit: "" },
      { ratelimit: '"burst";r=3;t=1' },
      { ratelimit: '"a";r=x;t=1', "ratelimit-policy": '"a";q=1;w=1' },
      { "ratelimit-policy": '"a";q=0;w=0', ratelimit: '"a";r=0;t=0' },
      { "ratelimit-remaining": "7" },
    ]) {
      expect(read(fields)).toEqual([]);
    }
  });

  it("throws at nothing that a server could send", () => {
    const text = fc.string().map((value) => value.replace(/[^\x20-\x7e]/g, "?").trim());
    fc.assert(
      fc.property(text, text, text, (ratelimit, policy, retryAfter) => {
        readLimits(new Headers({ ratelimit, "ratelimit-policy": policy }), NOW);
        const wait = retryAfterMs(retryAfter, NOW);
        expect(wait === undefined || wait >= 0).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it.each(["draft-6", "draft-7", "draft-8"] as const)(
    "reads what express-rate-limit sends as %s",
    async (draft) => {
      const app = express();
      const options: Partial<Options> = {
        windowMs: 60_000,
        limit: 5,
        standardHeaders: draft,
        legacyHeaders: false,
      };
      app.use(rateLimit(options), (_request, response) => void response.sendStatus(200));
      const server = createServer(app).listen(0, "127.0.0.1");
      onTestFinished(() => void server.close());
      await once(server, "listening");
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      for (let remaining = 4; remaining >= 0; remaining -= 1) {
        const [limit] = readLimits((await fetch(url)).headers, Date.now());
        expect(limit).toMatchObject({ quota: 5, windowMs: 60_000, remaining });
        expect(limit?.resetAt.getTime()).toBeLessThanOrEqual(Date.now() + 61_000);
      }
      const refused = await fetch(url);
      expect(refused.status).toBe(429);
      expect(readLimits(refused.headers, Date.now())[0]).toMatchObject({ remaining: 0 });
      expect(retryAfterMs(refused.headers.get("retry-after"), Date.now())).toBeGreaterThan(50_000);
    },
  );
});
