import { memoryStore, type ApiKey } from "@keyward/core";
import { describe, expect, it } from "vitest";
import { ask, withKey } from "../admission/set-up.ts";

describe("usage", () => {
  it("is complete after a clean stop, and after an outage of the store", async () => {
    const store = memoryStore();
    let down = true;
    const failing: unknown[] = [];
    const flaky = {
      ...store,
      addUsage: (batch: Parameters<typeof store.addUsage>[0]) => {
        if (down) throw new Error("down");
        return store.addUsage(batch);
      },
    };
    const { kw, key, raw } = await withKey({
      store: flaky,
      events: { "store.failed": (event) => failing.push(event) },
    });
    for (let count = 0; count < 10; count += 1) await ask(kw, { key: raw, cost: 2 });
    await expect(kw.usage.flush()).rejects.toThrow("down");
    for (let count = 0; count < 5; count += 1) await ask(kw, { key: raw });
    down = false;
    await kw.close();
    const hours = { from: 0, to: Number.MAX_SAFE_INTEGER, unit: "hour", stepMs: undefined, by: [] } as const;
    const [hour] = await store.queryUsage({ ownerId: null, keyId: key.id, ...hours });
    expect(hour).toMatchObject({ admitted: 15, cost: 25, refused: 0 });
  });

  it("records when a key was last used, and from where", async () => {
    const { kw, key, raw } = await withKey();
    await ask(kw, { key: raw });
    await kw.usage.flush();
    const used = await kw.keys.get(key.id);
    expect(used).toMatchObject({ lastUsedAt: expect.any(Date), lastUsedAddress: "203.0.113.1" });
    await ask(kw, { key: "prod_nonsense" });
    expect((await kw.keys.get(key.id))?.lastUsedAt).toEqual(used?.lastUsedAt);
  });

  it("is kept for the configured number of days", async () => {
    const DAY_MS = 86_400_000;
    let now = Date.UTC(2025, 5, 1, 12);
    const { kw, key, raw } = await withKey({ clock: () => now, usage: { keepDays: 2 } });
    for (let day = 0; day < 5; day += 1) {
      await ask(kw, { key: raw });
      await kw.usage.flush();
      now += DAY_MS;
    }
    const all = { from: new Date(0), to: new Date(now), per: "day" } as const;
    const days = (await kw.usage.query({ keyId: key.id, ...all })).map(({ start }) => start.getUTCDate());
    expect(days).toEqual([3, 4, 5]);
  });

  it("is returned for all keys of an owner together", async () => {
    const { kw } = await withKey();
    for (const name of ["a", "b"]) {
      const { secret } = await kw.keys.create({ name, ownerId: "blue" });
      await ask(kw, { key: secret.reveal(), cost: 5 });
    }
    const today = { from: new Date(Date.now() - 60_000), to: new Date(), per: "day" } as const;
    const rows = await kw.usage.query({ ownerId: "blue", ...today });
    expect(rows.reduce((sum, { cost }) => sum + cost, 0)).toBe(10);
  });

  it("is returned for the key lines of a page of keys", async () => {
    const { kw } = await withKey();
    for (const [name, times] of [
      ["first", 1],
      ["second", 2],
      ["third", 3],
    ] as const) {
      const { secret } = await kw.keys.create({ name, ...(name === "second" && { ownerId: "blue" }) });
      for (let count = 0; count < times; count += 1) await ask(kw, { key: secret.reveal() });
    }
    const { keys } = await kw.keys.list({ order: "name" });
    const [first, second] = ["first", "second"].map(
      (wanted) => keys.find(({ name }) => name === wanted) as ApiKey,
    );
    const today = { from: new Date(Date.now() - 60_000), to: new Date(), by: ["key"] } as const;
    const rows = await kw.usage.query({ keys: [first, second, second] as ApiKey[], ...today });
    expect(new Map(rows.map(({ keyId, admitted }) => [keyId, admitted]))).toEqual(
      new Map([
        [first?.id, 1],
        [second?.id, 2],
      ]),
    );
    expect(await kw.usage.query({ keys: [], ...today })).toEqual([]);
  });

  it("rejects an invalid query", async () => {
    const { kw, key } = await withKey();
    const now = new Date();
    await expect(kw.usage.query({ keyId: key.id, from: now, to: now, per: "week" as "day" })).rejects.toThrow(
      'per must be "minute", "hour" or "day"; got week.',
    );
    await expect(
      kw.usage.query({ keyId: key.id, from: 5 as unknown as Date, to: now, per: "day" }),
    ).rejects.toThrow("from must be a valid Date; got 5.");
    const period = { from: now, to: now, per: "day" } as const;
    await expect(kw.usage.query({ keyId: "a", ownerId: "b", ...period })).rejects.toThrow(
      "usage.query accepts one of keyId, ownerId and keys; got keyId and ownerId.",
    );
    await expect(kw.usage.query({ ownerId: undefined as unknown as string, ...period })).rejects.toThrow(
      "ownerId must be text",
    );
    await expect(kw.usage.query({ keys: [null as never], ...period })).rejects.toThrow("keys must be text");
    const tooMany = Array.from({ length: 1001 }, () => key);
    await expect(kw.usage.query({ keys: tooMany, ...period })).rejects.toThrow(
      "keys must be an array of up to 1000 API keys; got 1001.",
    );
    await expect(kw.usage.query({ ...period, by: ["colour" as "tag"] })).rejects.toThrow(
      'by must be an array of "owner", "key", "tag", "policy"; got colour.',
    );
  });
});
