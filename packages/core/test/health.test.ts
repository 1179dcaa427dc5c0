import {
  createKeyward,
  KeywardError,
  memoryLimiter,
  memoryStore,
  type Limiter,
  type Store,
} from "@keyward/core";
import { describe, expect, it } from "vitest";
import { SECRET } from "./secrets.ts";

const NOW = Date.UTC(2026, 4, 1);

function healthOf(ping: Store["ping"], limiter: Limiter = memoryLimiter()) {
  const store = { ...memoryStore(), ping };
  return createKeyward({ secret: SECRET, store, limiter, clock: () => NOW }).health();
}

describe("health()", () => {
  it("has no reasons while everything works", async () => {
    expect(await healthOf(() => {})).toEqual({ status: "ok", store: "ok", limiter: "ok", reasons: {} });
  });

  it("names the code of a store's failure, and nothing that the error says", async () => {
    const full = new KeywardError("store-full", "/var/lib/keyward.db: the disk is full.");
    expect(await healthOf(() => Promise.reject(full))).toEqual({
      status: "failing",
      store: "failing",
      limiter: "ok",
      reasons: { store: { code: "store-full", since: new Date(NOW) } },
    });
  });

  it("reports a store that hangs within 2 seconds", async () => {
    const startedAt = performance.now();
    expect(await healthOf(() => new Promise(() => {}))).toMatchObject({
      status: "failing",
      reasons: { store: { code: "no-answer" } },
    });
    expect(performance.now() - startedAt).toBeLessThan(2000);
  });

  it("asks the limiter's server, though no request has found out yet that it is gone", async () => {
    const { consume, peek, reset, close } = memoryLimiter();
    const limiter: Limiter = {
      consume,
      peek,
      reset,
      close,
      status: () => "ok",
      ping: () => Promise.reject(new KeywardError("limiter-unavailable", "Redis does not respond.")),
    };
    expect(await healthOf(() => {}, limiter)).toEqual({
      status: "degraded",
      store: "ok",
      limiter: "degraded",
      reasons: { limiter: { code: "limiter-unavailable", since: new Date(NOW) } },
    });
  });

  it("says since when the store fails, from the first failure until it answers again", async () => {
    let now = NOW;
    let isDown = true;
    const fail = () => {
      if (isDown) throw new KeywardError("store-unavailable", "down");
    };
    const store = { ...memoryStore(), ping: fail, findByDigest: fail as Store["findByDigest"] };
    const kw = createKeyward({ store, clock: () => now });
    const { secret } = await kw.keys.create({ name: "a" });
    await kw.admit({ header: () => secret.reveal(), secure: true, ip: "" });
    now += 5000;
    const since = { code: "store-unavailable", since: new Date(NOW) };
    expect((await kw.health()).reasons).toEqual({ store: since });
    isDown = false;
    expect((await kw.health()).reasons).toEqual({});
    isDown = true;
    expect((await kw.health()).reasons).toEqual({ store: { ...since, since: new Date(now) } });
  });

  it("asks the parts once for callers that accept an older result", async () => {
    let now = NOW;
    let pings = 0;
    const kw = createKeyward({
      store: { ...memoryStore(), ping: () => void (pings += 1) },
      clock: () => now,
    });
    const read = () => kw.health({ maxAgeMs: 1000 });
    await Promise.all([read(), read(), read()]);
    now += 999;
    await read();
    expect(pings).toBe(1);
    now += 1;
    await read();
    await kw.health();
    expect(pings).toBe(3);
  });
});
