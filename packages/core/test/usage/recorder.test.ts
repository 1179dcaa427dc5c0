import { memoryStore, type Store } from "@keyward/core";
import type { UsageBatch } from "@keyward/core/store";
import { describe, expect, it } from "vitest";
import { UsageRecorder } from "../../src/usage/recorder.ts";

const HOUR = Date.UTC(2025, 5, 15, 12);
const KEYS = 2500;

function setUp() {
  const store = memoryStore();
  const calls: UsageBatch[] = [];
  const state = { failsAt: -1 };
  const counting: Store = {
    ...store,
    async addUsage(batch) {
      calls.push(batch);
      if (calls.length === state.failsAt) throw new Error("down");
      await store.addUsage(batch);
    },
  };
  const recorder = new UsageRecorder({
    store: counting,
    clock: () => HOUR,
    keepMs: 86_400_000,
    failed: () => {},
  });
  const useAll = () => {
    for (let number = 0; number < KEYS; number += 1) {
      const key = { id: `key_${number}`, lineageId: `key_${number}` };
      const use = { key, cost: 2, atMs: HOUR, earlier: undefined, tag: undefined };
      recorder.admitted(use, false, { ip: "203.0.113.1" });
    }
  };
  const admitted = async () => {
    const found = await Promise.all(
      Array.from({ length: KEYS }, (_, number) =>
        store.queryUsage({
          ownerId: null,
          keyId: `key_${number}`,
          from: HOUR,
          to: HOUR + 1,
          unit: "hour",
          stepMs: undefined,
          by: [],
        }),
      ),
    );
    return new Set(found.map((hours) => hours.map((hour) => hour.admitted).join()));
  };
  return { recorder, calls, state, useAll, admitted };
}

describe("usage of many keys", () => {
  it("is written at most 1,000 keys at a time", async () => {
    const { recorder, calls, useAll, admitted } = setUp();
    useAll();
    await recorder.flush();
    expect(calls.map(({ usage }) => usage.length)).toEqual([1000, 1000, 500]);
    expect(calls.map(({ lastUses }) => lastUses.length)).toEqual([1000, 1000, 500]);
    expect(await admitted()).toEqual(new Set(["1"]));
  });

  it("is exact if the store fails in between, and no call has a key twice", async () => {
    const { recorder, calls, state, useAll, admitted } = setUp();
    useAll();
    state.failsAt = 2;
    await expect(recorder.flush()).rejects.toThrow("down");
    useAll();
    await recorder.flush();
    expect(await admitted()).toEqual(new Set(["2"]));
    for (const { usage } of calls) expect(new Set(usage.map(({ keyId }) => keyId)).size).toBe(usage.length);
  });
});
