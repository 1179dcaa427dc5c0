import { createKeyward, memoryStore } from "@keyward/core";
import type { StoredAuditEvent } from "@keyward/core/store";
import { describe, expect, it, onTestFinished } from "vitest";

const MINUTE_MS = 60_000;

function setUp() {
  let now = Date.UTC(2025, 5, 15, 12);
  let isStoreDown = false;
  const memory = memoryStore();
  const failures: string[] = [];
  const store = {
    ...memory,
    appendAudit(event: StoredAuditEvent) {
      if (isStoreDown) throw new Error("down");
      return memory.appendAudit(event);
    },
  };
  const kw = createKeyward({
    store,
    clock: () => now,
    events: { "store.failed": ({ during }) => void failures.push(during) },
  });
  onTestFinished(() => kw.close());
  return {
    kw,
    failures,
    setStoreDown: (isDown: boolean) => void (isStoreDown = isDown),
    /** Moves the clock, and writes what is due. */
    async advance(ms: number) {
      now += ms;
      await kw.flush();
    },
    async events() {
      const { events } = await kw.audit.list({ limit: 1000 });
      return events.map(({ at, address, details }) => ({
        at: at.getTime(),
        address,
        ...(details as { attempts: number; throttled: number; otherAddresses?: true }),
      }));
    },
  };
}

describe("failed sign-ins in the audit log", () => {
  it("writes the first at once, and those of the next minute of one client together", async () => {
    const { kw, advance, events } = setUp();
    const fail = (address: string, throttled = false) => kw.sessions.recordFailure({ address, throttled });
    await fail("203.0.113.1");
    expect(await events()).toMatchObject([{ address: "203.0.113.1", attempts: 1, throttled: 0 }]);
    // The same client, in another notation.
    for (let times = 0; times < 100; times += 1) await fail("::ffff:203.0.113.1", times >= 40);
    await advance(MINUTE_MS - 1);
    expect(await events()).toHaveLength(1);
    await advance(1);
    expect((await events())[0]).toMatchObject({ address: "203.0.113.1", attempts: 100, throttled: 60 });
    await advance(5 * MINUTE_MS);
    expect(await events()).toHaveLength(2);
  });

  it("writes at most 60 events a minute, however many addresses attempt", async () => {
    const { kw, advance, events } = setUp();
    let attempts = 0;
    for (let seconds = 0; seconds < 180; seconds += 1) {
      for (let host = 0; host < 10; host += 1) {
        attempts += 1;
        await kw.sessions.recordFailure({ address: `198.18.${seconds}.${host}`, throttled: host > 5 });
      }
      await advance(1000);
    }
    const written = await events();
    for (const { at: start } of written) {
      const inMinute = written.filter(({ at }) => at >= start && at < start + MINUTE_MS);
      expect(inMinute.length).toBeLessThanOrEqual(60);
    }
    expect(written.some((event) => "otherAddresses" in event)).toBe(true);
    await kw.close();
    const total = (await events()).reduce((sum, event) => sum + Number(event.attempts), 0);
    expect(total).toBe(attempts);
  });

  it("records 300 wrong passwords from 300 addresses", async () => {
    const { kw, advance, events } = setUp();
    for (let host = 0; host < 300; host += 1) {
      await kw.sessions.recordFailure({ address: `198.18.${host >> 8}.${host & 255}` });
    }
    expect(await events()).toHaveLength(60);
    await advance(MINUTE_MS);
    const [others] = await events();
    expect(others).toMatchObject({ attempts: 240, otherAddresses: true });
    expect(others?.address).toBeUndefined();
  });

  it("keeps what could not be written, and never rejects", async () => {
    const { kw, failures, setStoreDown, advance, events } = setUp();
    setStoreDown(true);
    await kw.sessions.recordFailure({ address: "203.0.113.1" });
    await kw.sessions.recordFailure({ address: "203.0.113.1" });
    expect(failures).toEqual(["audit"]);
    setStoreDown(false);
    await advance(MINUTE_MS);
    expect(await events()).toMatchObject([{ attempts: 2 }]);
  });

  it("goes on after the clock was set back", async () => {
    const { kw, advance, events } = setUp();
    await kw.sessions.recordFailure({});
    await advance(-60 * MINUTE_MS);
    await kw.sessions.recordFailure({});
    expect(await events()).toHaveLength(2);
  });
});
