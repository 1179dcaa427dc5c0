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

function healthOf(ping: Store["ping"], limiter: Limiter = memoryLimiter()) {
  return createKeyward({ secret: SECRET, store: { ...memoryStore(), ping }, limiter }).health();
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
      reasons: { store: "store-full" },
    });
  });

  it("reports a store that hangs within 2 seconds", async () => {
    const startedAt = performance.now();
    expect(await healthOf(() => new Promise(() => {}))).toMatchObject({
      status: "failing",
      reasons: { store: "no-answer" },
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
      ping: () => Promise.reject(new KeywardError("limiter-unavailable", "Redis does not answer.")),
    };
    expect(await healthOf(() => {}, limiter)).toEqual({
      status: "degraded",
      store: "ok",
      limiter: "degraded",
      reasons: { limiter: "limiter-unavailable" },
    });
  });
});
