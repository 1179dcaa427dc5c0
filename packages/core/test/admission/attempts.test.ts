import { createHash } from "node:crypto";
import { createKeyward, memoryStore, type KeywardOptions } from "@keyward/core";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { countingStore } from "../counting-store.ts";

const LIMIT = 3;
const FOREIGN = "sk_live_4eC39HqLyjWDarjtT1zdp7dc";
const sha256 = createHash("sha256").update(FOREIGN).digest("hex");
const importedKeys = /^sk_live_\w{24}$/;
/** A key of the imported form that was never imported. */
const stray = (number: number) => `sk_live_${String(number).padStart(24, "0")}`;

beforeEach(() => void vi.useFakeTimers({ now: Date.UTC(2026, 4, 1) }));
afterEach(() => void vi.useRealTimers());

function setUp(options: KeywardOptions = {}) {
  const { store, lookUps } = countingStore();
  const kw = createKeyward({
    store,
    clock: () => Date.now(),
    importedKeys,
    failedAttempts: { limit: LIMIT, windowMs: 60_000 },
    ...options,
  });
  const ask = async (key: string | undefined, ip = "203.0.113.1") => {
    const decision = await kw.admit({ header: () => key, secure: true, ip });
    return decision.admitted ? "admitted" : decision.problem.code;
  };
  const exhaust = async (ip: string) => {
    for (let times = 0; times <= LIMIT; times += 1) await ask(undefined, ip);
  };
  return { kw, ask, exhaust, lookUps };
}

describe("failed attempts", () => {
  it("are counted once for all notations of a client's address", async () => {
    const { ask } = setUp();
    const writings = ["203.0.113.7", "203.0.113.7:1", '"203.0.113.7:2"', "[::ffff:203.0.113.7]:3"];
    const codes = [];
    for (const ip of writings) codes.push(await ask(undefined, ip));
    expect(codes).toEqual([...Array(LIMIT).fill("missing-api-key"), "too-many-failed-attempts"]);
  });

  it("are counted apart for clients that a proxy reports with their port", async () => {
    const { ask, exhaust } = setUp();
    await exhaust("203.0.113.7:1");
    expect(await ask(undefined, "203.0.113.7:2")).toBe("too-many-failed-attempts");
    expect(await ask(undefined, "203.0.113.8:1")).toBe("missing-api-key");
    expect(await ask(undefined, "[2001:db8::7]:1")).toBe("missing-api-key");
  });

  it.each(["", "unknown", "_hidden", "somewhere"])(
    "refuse no other request without an address (%j)",
    async (ip) => {
      const { kw, ask, exhaust } = setUp();
      await kw.keys.import({ sha256, name: "moved" });
      for (let times = 0; times < 10; times += 1) await exhaust(ip);
      expect(await ask(undefined, ip)).toBe("missing-api-key");
      expect(await ask(FOREIGN, ip)).toBe("admitted");
    },
  );
});

describe("an imported key behind the same address as a client that fails", () => {
  it("is always admitted, whether or not it was seen before", async () => {
    const { kw, ask, exhaust } = setUp();
    await kw.keys.import({ sha256, name: "moved" });
    await exhaust("203.0.113.1");
    let admitted = 0;
    for (let second = 0; second < 600; second += 1) {
      await exhaust("203.0.113.1");
      expect(await ask("nonsense")).toBe("too-many-failed-attempts");
      expect(await ask(stray(1))).toBe("too-many-failed-attempts");
      if ((await ask(FOREIGN)) === "admitted") admitted += 1;
      vi.advanceTimersByTime(1000);
    }
    expect(admitted).toBe(600);
  });

  it("is admitted during a flood once it was seen, however long ago", async () => {
    const { kw, ask } = setUp();
    await kw.keys.import({ sha256, name: "moved" });
    expect(await ask(FOREIGN)).toBe("admitted");
    vi.advanceTimersByTime(3_600_000);
    for (let number = 0; number < 100; number += 1) await ask(stray(number));
    expect(await ask(FOREIGN)).toBe("admitted");
    // A change to the key does not make it unknown either.
    await kw.keys.update((await kw.keys.list()).keys[0]?.id ?? "", { name: "renamed" });
    expect(await ask(FOREIGN)).toBe("admitted");
    vi.advanceTimersByTime(10_000);
    for (let number = 0; number < 100; number += 1) await ask(stray(number));
    expect(await ask(FOREIGN)).toBe("admitted");
  });

  it("is looked up at most ten times per second for a client over its limit", async () => {
    const { ask, exhaust, lookUps } = setUp();
    await exhaust("203.0.113.1");
    for (let second = 1; second <= 3; second += 1) {
      for (let number = 0; number < 100; number += 1)
        expect(await ask(stray(number))).toBe("too-many-failed-attempts");
      expect(lookUps()).toBe(10 * second);
      vi.advanceTimersByTime(1000);
    }
    expect(await ask(stray(1), "203.0.113.2")).toBe("invalid-api-key");
  });
});

describe("addresses", () => {
  it("are emitted and stored in their normal form, and omitted where they are unknown", async () => {
    const ips: string[] = [];
    const store = memoryStore();
    const { kw } = setUp({
      store,
      events: { admitted: ({ ip }) => void ips.push(ip), refused: ({ ip }) => void ips.push(ip) },
    });
    const { key, secret } = await kw.keys.create({ name: "a" }, { address: '"[2001:DB8::5]:80"' });
    const at = (ip: string, raw?: string) => kw.admit({ header: () => raw, secure: true, ip });
    const long = `${"1".repeat(9000)}`;
    for (const [ip, stored] of [
      ["::ffff:203.0.113.9", "203.0.113.9"],
      ["203.0.113.10:8080", "203.0.113.10"],
      [long, undefined],
      ["", undefined],
    ] as const) {
      await at(ip, secret.reveal());
      await at(ip);
      await kw.usage.flush();
      expect((await kw.keys.get(key.id))?.lastUsedAddress).toBe(stored);
      vi.advanceTimersByTime(60_000);
    }
    expect(ips).toEqual(["203.0.113.9", "203.0.113.9", "203.0.113.10", "203.0.113.10", "", "", "", ""]);
    await kw.keys.revoke(key.id, { actor: "ada", address: long });
    const { events } = await kw.audit.list({ keyId: key.id });
    expect(events.map(({ address }) => address)).toEqual([undefined, "2001:db8::5"]);
  });
});
