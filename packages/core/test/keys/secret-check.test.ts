import { createKeyward, memoryStore, type Keyward, type Store } from "@keyward/core";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ask } from "../admission/set-up.ts";
import { OTHER_SECRET, SECRET } from "../secrets.ts";

/** A store that outlives the Keyward, as a database does, and can fail to read the check values. */
function setUp() {
  const memory = memoryStore();
  const state = { fails: false, hangs: false };
  const store: Store = {
    ...memory,
    durable: true,
    async readSecretChecks() {
      if (state.hangs) return new Promise<never>(() => {});
      if (state.fails) throw new Error("the store is down");
      return memory.readSecretChecks();
    },
    close: async () => {},
  };
  const start = (secret: string | readonly string[]): Keyward => createKeyward({ store, secret });
  return { state, store, start };
}

const mismatch = { code: "secret-mismatch" };

describe("the secret of a store", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
  afterEach(() => void vi.useRealTimers());

  it("is accepted at first, and again, and in a list with a new one before it", async () => {
    const { start } = setUp();
    for (const secret of [SECRET, SECRET, [OTHER_SECRET, SECRET], OTHER_SECRET, SECRET]) {
      const kw = start(secret);
      await expect(kw.ready()).resolves.toBeUndefined();
      await kw.close();
    }
  });

  it("is noticed to be another one: every request gets 503, and every call rejects", async () => {
    const { start } = setUp();
    const before = start(SECRET);
    const { secret } = await before.keys.create({ name: "a" });
    await before.close();
    const kw = start(OTHER_SECRET);
    // Requests that come before the check wait for it.
    const decision = await ask(kw, { key: secret.reveal() });
    expect(decision).toMatchObject({
      admitted: false,
      status: 503,
      problem: { code: "key-store-unavailable" },
    });
    await expect(kw.ready()).rejects.toMatchObject(mismatch);
    await expect(kw.keys.create({ name: "b" })).rejects.toMatchObject(mismatch);
    await expect(kw.keys.list()).rejects.toMatchObject(mismatch);
    await expect(kw.owners.list()).rejects.toMatchObject(mismatch);
    await expect(kw.audit.list()).rejects.toMatchObject(mismatch);
    await kw.close();
    // Nothing was stored under the wrong secret.
    const again = start(SECRET);
    expect((await again.keys.list()).keys).toHaveLength(1);
    await again.close();
  });

  it("is not wrong while the store is down: it is compared once the store responds", async () => {
    const { start, state } = setUp();
    await start(SECRET).ready();
    state.fails = true;
    const kw = start(OTHER_SECRET);
    const settled = vi.fn<() => void>();
    const ready = kw.ready();
    ready.then(settled, settled);
    await vi.advanceTimersByTimeAsync(3500);
    expect(settled).not.toHaveBeenCalled();
    state.fails = false;
    await vi.advanceTimersByTimeAsync(1000);
    expect(settled).toHaveBeenCalledOnce();
    await expect(ready).rejects.toMatchObject(mismatch);
    await kw.close();
  });

  it("delays requests for at most 2 s if the store does not respond", async () => {
    const { start, state } = setUp();
    state.hangs = true;
    const kw = start(SECRET);
    const answered = vi.fn<() => void>();
    const request = Promise.resolve(ask(kw, { key: "nonsense" })).then(answered);
    await vi.advanceTimersByTimeAsync(1900);
    expect(answered).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(200);
    await request;
    // A Keyward that is closed before it was checked is not found to be wrong.
    await kw.close();
    await expect(kw.ready()).resolves.toBeUndefined();
  });
});
