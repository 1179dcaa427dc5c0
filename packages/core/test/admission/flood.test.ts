import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createKeyward } from "@keyward/core";
import { describe, expect, it } from "vitest";
import { countingStore } from "../counting-store.ts";

/** The size of the heap without garbage. */
function heapAfterCollection(): number {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
  return process.memoryUsage().heapUsed;
}

describe("a flood of invalid keys", () => {
  it("leaves memory bounded and the store alone after a million keys and addresses, and valid keys are still admitted", async () => {
    const { store, lookUps } = countingStore();
    const kw = createKeyward({ store, failedAttempts: { maxClients: 10_000 } });
    const raw = (await kw.keys.create({ name: "a" })).secret.reveal();
    const ask = (key: string, ip: string) => kw.admit({ header: () => key, secure: true, ip });
    const flood = async (from: number, to: number) => {
      for (let number = from; number < to; number += 1) {
        const ip = `10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`;
        // By turns, a key with a wrong checksum and noise.
        const key =
          number % 2 === 0 ? `prod_${String(number).padStart(8, "0")}-aaaa-bbbb-cccccccc` : `noise ${number}`;
        await ask(key, ip);
      }
    };
    await flood(0, 100_000);
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
    const [heapBefore, timersBefore] = [heapAfterCollection(), timers()];
    await flood(100_000, 1_000_000);
    expect(timers() - timersBefore).toBeLessThan(100);
    expect(heapAfterCollection() - heapBefore).toBeLessThan(8 * 1024 * 1024);
    expect(lookUps()).toBe(0);
    expect(await ask(raw, "10.0.0.1")).toMatchObject({ admitted: true });
    await kw.close();
  }, 120_000);
});
