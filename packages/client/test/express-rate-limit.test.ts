import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createClient } from "@keyward/client";
import express from "express";
import { rateLimit, type Store } from "express-rate-limit";
import { expect, it, onTestFinished } from "vitest";

const HOUR_MS = 3_600_000;

/** A store in which a window is used up and ends in a second. */
function exhaustedStore(windowMs: number): Store {
  let [hits, endsAt] = [5, Date.now() + 1000];
  return {
    increment() {
      if (Date.now() >= endsAt) [hits, endsAt] = [0, endsAt + windowMs];
      hits += 1;
      return { totalHits: hits, resetTime: new Date(endsAt) };
    },
    decrement() {},
    resetKey() {},
  };
}

it.each(["draft-6", "draft-7", "draft-8"] as const)(
  "waits for the end of an hour's window behind express-rate-limit with %s headers",
  async (standardHeaders) => {
    const app = express();
    const limit = { windowMs: HOUR_MS, limit: 5, standardHeaders, legacyHeaders: false, validate: false };
    app.use(rateLimit({ ...limit, store: exhaustedStore(HOUR_MS) }));
    app.get("/v1/hello", (_request, response) => void response.json({ hello: "world" }));
    const server = createServer(app).listen(0, "127.0.0.1");
    onTestFinished(() => void server.close());
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const api = createClient({ baseUrl: `http://127.0.0.1:${port}/v1`, apiKey: "a-key" });
    const response = await api.fetch("/hello");
    expect(await response.json()).toEqual({ hello: "world" });
    expect(api.limits).toMatchObject([{ quota: 5, windowMs: HOUR_MS, remaining: 4 }]);
  },
);
