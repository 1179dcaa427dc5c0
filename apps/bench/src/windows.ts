import { memoryLimiter } from "@keyward/core";
import { BurstyRateLimiter, RateLimiterMemory } from "rate-limiter-flexible";
import { heading, line } from "./print.ts";

const LIMITS = { rate: 200, burst: 500, daily: 2000 };

type Attempt = () => Promise<boolean> | boolean;

/** The same limits from fixed windows: 200 a second, 300 more in a burst, 2000 a day. */
function fixedWindows(): Attempt {
  const window = (keyPrefix: string, points: number, duration: number) =>
    new RateLimiterMemory({ keyPrefix, points, duration });
  const bursty = new BurstyRateLimiter(
    window("rate", LIMITS.rate, 1),
    window("burst", LIMITS.burst - LIMITS.rate, 1),
  );
  const daily = window("daily", LIMITS.daily, 86_400);
  return async () => {
    const both = await Promise.allSettled([bursty.consume("key"), daily.consume("key")]);
    return both.every(({ status }) => status === "fulfilled");
  };
}

function keyward(clock: () => number): Attempt {
  const limiter = memoryLimiter({ clock });
  return async () => (await limiter.consume("key", LIMITS, 1)).allowed;
}

async function admitted(ask: Attempt, times: number): Promise<number> {
  let count = 0;
  for (let time = 0; time < times; time += 1) if (await ask()) count += 1;
  return count;
}

/** Compares Keyward's limits with three fixed windows for two kinds of traffic, on a controlled clock. */
export async function compareWindows(): Promise<boolean[]> {
  const realNow = Date.now;
  let now = Date.UTC(2025, 5, 15, 12);
  // The windows read Date.now, and have no other clock.
  Date.now = () => now;
  try {
    heading("What a customer can get out of 200 a second, 500 in one second, 2000 a day");
    for (const [name, make] of [
      ["fixed windows", fixedWindows],
      ["Keyward", () => keyward(() => now)],
    ] as const) {
      const ask = make();
      await admitted(ask, 1);
      now += 990;
      let burst = await admitted(ask, 499);
      now += 11;
      burst += await admitted(ask, 500);
      line(`${name}: ${burst} requests within 11 ms, at the edge of a second`);
      now += 86_400_000;

      const hammered = make();
      let day = 0;
      for (let ms = 0; ms < 1000; ms += 1, now += 1) day += await admitted(hammered, 5);
      for (let ms = 0; ms < 8000; ms += 5, now += 5) day += await admitted(hammered, 1);
      line(`${name}: ${day} of the day's 2000, after one second of 5000/s and eight of 200/s`);
      now += 86_400_000;
    }
    return [];
  } finally {
    Date.now = realNow;
  }
}
