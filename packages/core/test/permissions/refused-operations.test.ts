import { createKeyward, memoryStore, type Principal } from "@keyward/core";
import { describe, expect, it, onTestFinished } from "vitest";
import { SECRET } from "../secrets.ts";

const MINUTE_MS = 60_000;
const HOUR = new Date("2025-06-15T12:00:00Z");
const DENIED = { code: "not-permitted" };

function setUp() {
  let now = Date.UTC(2025, 5, 15, 12);
  const kw = createKeyward({ secret: SECRET, store: memoryStore(), clock: () => now });
  onTestFinished(() => kw.close());
  return {
    kw,
    as: (address?: string, principal: Partial<Principal> = {}) =>
      kw.as({ actor: "jane@acme.example", ownerId: "acme", address, ...principal }),
    /** Moves the clock, and writes what is due. */
    async advance(ms: number) {
      now += ms;
      await kw.flush();
    },
    async events() {
      const { events } = await kw.audit.list({ limit: 1000 });
      return events.filter(({ action }) => action === "operation.refused");
    },
  };
}

describe("refused operations in the audit log", () => {
  it("writes the first at once: the principal, the operation, the field and the key", async () => {
    const { kw, as, events } = setUp();
    const { key } = await kw.keys.create({ name: "ci", ownerId: "acme" });
    await expect(as("203.0.113.1").keys.update(key.id, { plan: "default" })).rejects.toMatchObject(DENIED);
    expect(await events()).toMatchObject([
      {
        actor: "jane@acme.example",
        level: "owner",
        address: "203.0.113.1",
        ownerId: "acme",
        keyId: key.id,
        details: { attempts: 1, operations: ["keys.update: plan"] },
      },
    ]);
    expect((await kw.audit.verify()).ok).toBe(true);
    expect((await as().audit.list()).events).toContainEqual((await events())[0]);
  });

  it("records refusals of every kind", async () => {
    const { kw, as, advance, events } = setUp();
    const viewer = { actor: "vic", may: "view" } as const;
    const view = kw.as(viewer);
    const { key } = await kw.keys.create({ name: "ci" });
    const calls: readonly (readonly [string, () => Promise<unknown>])[] = [
      ["keys.create: create", () => view.keys.create({ name: "new" })],
      ["keys.import: import", () => view.keys.import({ name: "new", sha256: "0".repeat(64) })],
      ["keys.rotate: rotate", () => view.keys.rotate(key.id)],
      ["keys.revoke: revoke", () => view.keys.revoke(key.id)],
      ["owners.pause: pause", () => view.owners.pause("acme")],
      ["owners.get: ownerId", () => as(undefined, { actor: "vic" }).owners.get("umbrella")],
      [
        "usage.query: ownerId",
        () => as(undefined, { actor: "vic" }).usage.query({ ownerId: "umbrella", from: HOUR, to: HOUR }),
      ],
      ["audit.list: ownerId", () => as(undefined, { actor: "vic" }).audit.list({ ownerId: "umbrella" })],
      ["sessions.list: sessions", () => view.sessions.list()],
      ["limits.reset: reset", () => view.limits.reset(key.id)],
    ];
    for (const [operation, call] of calls) {
      await advance(MINUTE_MS);
      await expect(call()).rejects.toMatchObject(DENIED);
      expect((await events())[0]?.details).toEqual({ attempts: 1, operations: [operation] });
    }
    const acme = kw.as({ actor: "vic", ownerId: "acme", may: { create: { maxKeys: 1 } } });
    await acme.keys.create({ name: "one" });
    await advance(MINUTE_MS);
    await expect(acme.keys.create({ name: "two" })).rejects.toMatchObject(DENIED);
    expect((await events())[0]?.details["operations"]).toEqual(["keys.create: maxKeys"]);
  });

  it("records neither permitted operations, nor missing keys, nor invalid input", async () => {
    const { as, events } = setUp();
    await expect(as().keys.revoke("key_0000000000000000000000")).rejects.toMatchObject({
      code: "key-not-found",
    });
    await expect(as().keys.create({ name: "" })).rejects.toMatchObject({ code: "invalid-input" });
    await as().keys.create({ name: "ci" });
    expect(await events()).toEqual([]);
  });

  it("combines those of one address within a minute, also of several principals", async () => {
    const { as, advance, events } = setUp();
    const refuse = async (address: string | undefined, plan: string, principal?: Partial<Principal>) =>
      expect(as(address, principal).keys.create({ name: "ci", plan })).rejects.toMatchObject(DENIED);
    await refuse("203.0.113.1", "default");
    for (let times = 0; times < 30; times += 1) await refuse("::ffff:203.0.113.1", "default");
    await expect(as("203.0.113.1").keys.create({ name: "ci", scopes: ["a:b"] })).rejects.toMatchObject(
      DENIED,
    );
    await refuse("203.0.113.1", "default", { actor: "joe@umbrella.example", ownerId: "umbrella" });
    expect(await events()).toHaveLength(1);
    await advance(MINUTE_MS);
    expect((await events())[0]).toMatchObject({
      actor: "jane@acme.example",
      details: {
        attempts: 32,
        operations: ["keys.create: plan", "keys.create: scopes"],
        otherActors: ["joe@umbrella.example"],
      },
    });
    // Of two owners: neither may read about the other.
    expect((await events())[0]?.ownerId).toBeUndefined();
    expect(await events()).toHaveLength(2);
  });

  it("combines those of one principal whose address is unknown", async () => {
    const { as, events } = setUp();
    for (const actor of ["jane", "jane", "joe"]) {
      await expect(as(undefined, { actor }).keys.create({ name: "ci", plan: "x" })).rejects.toMatchObject(
        DENIED,
      );
    }
    expect((await events()).map(({ actor }) => actor)).toEqual(["joe", "jane"]);
  });

  it("writes at most 60 events a minute, and those of the last minute when it closes", async () => {
    const { kw, as, events } = setUp();
    for (let host = 0; host < 300; host += 1) {
      await expect(
        as(`198.18.${host >> 8}.${host & 255}`).keys.create({ name: "ci", plan: "x" }),
      ).rejects.toMatchObject(DENIED);
    }
    expect(await events()).toHaveLength(60);
    await kw.close();
    const [others] = await events();
    expect(others).toMatchObject({ details: { attempts: 240, otherAddresses: true } });
    expect(others?.address).toBeUndefined();
  });

  it("keeps at most 10 operations and 10 other actors of an event", async () => {
    const { as, advance, events } = setUp();
    for (let index = 0; index < 25; index += 1) {
      const acme = as("203.0.113.1", { actor: `user ${index}`, may: { limits: "lower", create: true } });
      const { key } = await acme.keys.create({ name: "ci" });
      await expect(acme.keys.update(key.id, { name: "x" })).rejects.toMatchObject(DENIED);
    }
    await advance(MINUTE_MS);
    const details = (await events())[0]?.details as { otherActors: string[]; attempts: number };
    expect(details.attempts).toBe(24);
    expect(details.otherActors).toHaveLength(10);
  });
});
