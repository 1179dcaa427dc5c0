import { createKeyward, memoryLimiter } from "@keyward/core";
import { describe, expect, it } from "vitest";

const NOON = Date.UTC(2026, 4, 1, 12);

describe("X-RateLimit fields", () => {
  it.each([
    // The bucket leaked for a second, and holds 4 of 5 again. It needs 1.5 s to leak below 2 of 5.
    ["sustained", { rate: 2, burst: 5, daily: 100 }, [5, 1], 1000, { limit: 2, remaining: 1, resetMs: 1500 }],
    // After half a second, the bucket has room for one request and the window for none.
    ["burst", { rate: 3, burst: 3, daily: 100 }, [3, 0], 500, { limit: 3, remaining: 0, resetMs: 1000 }],
    ["daily", { rate: 5, burst: 10, daily: 3 }, [1, 1], 0, { limit: 3, remaining: 1, resetMs: 43_200_000 }],
  ])("describe the policy with the least remaining: %s", async (_policy, limits, costs, laterMs, wanted) => {
    let now = NOON;
    const clock = () => now;
    const kw = createKeyward({
      plans: { default: limits },
      limiter: memoryLimiter({ clock }),
      clock,
      legacyHeaders: true,
    });
    const { secret } = await kw.keys.create({ name: "a" });
    const admit = (cost = 1) =>
      kw.admit({ header: () => secret.reveal(), secure: true, ip: "203.0.113.1", cost });
    await admit(costs[0]);
    now += laterMs;
    const decision = await admit(costs[1]);
    expect(decision.admitted).toBe(true);
    expect(decision.headers).toMatchObject({
      "X-RateLimit-Limit": String(wanted.limit),
      "X-RateLimit-Remaining": String(wanted.remaining),
      "X-RateLimit-Reset": String(Math.ceil((NOON + wanted.resetMs) / 1000)),
    });
  });
});
