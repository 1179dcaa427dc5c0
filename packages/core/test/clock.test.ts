import { createKeyward, memoryLimiter } from "@keyward/core";
import { afterEach, expect, it, vi } from "vitest";
import { ask } from "./admission/set-up.ts";

afterEach(() => void vi.useRealTimers());

it("follows fake timers that are installed after a Keyward was created", async () => {
  const limiter = memoryLimiter();
  const kw = createKeyward({ limiter, plans: { default: { rate: 1, burst: 1, daily: 2 } } });
  const { secret } = await kw.keys.create({ name: "a" });
  const raw = secret.reveal();
  vi.useFakeTimers({ now: Date.now() + 1000 });
  const admitted = async () => (await ask(kw, { key: raw })).admitted;
  expect([await admitted(), await admitted()]).toEqual([true, false]);
  vi.setSystemTime(Date.now() + 2000);
  expect([await admitted(), await admitted()]).toEqual([true, false]);
  const { key } = await kw.keys.create({ name: "b" });
  expect(key.createdAt.getTime()).toBe(Date.now());
});
