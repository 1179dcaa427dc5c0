import { createKeyward, type KeywardEventName } from "@keyward/core";
import { describe, expect, it } from "vitest";
import { DAY_MS } from "../admission/set-up.ts";
import { setUp, START } from "../keys/set-up.ts";

/** Fields that every new key sets. */
const IN_PROD = { environment: { before: null, after: "prod" } };

/** A time that was not set before. */
const ENDS = { before: null, after: expect.stringMatching(/^\d{4}-.*Z$/) };

describe("the audit log", () => {
  it("has an event for every change: who, what, when and from where", async () => {
    const { kw, events: emitted } = setUp();
    const by = { actor: "ada@example.com", address: "203.0.113.5" };
    const { key } = await kw.keys.create({ name: "a" }, by);
    await kw.keys.update(key.id, { name: "b" }, by);
    const { key: next } = await kw.keys.rotate(key.id, {}, by);
    await kw.keys.revoke(key.id);
    const { events } = await kw.audit.list();
    expect(events.map(({ action, keyId, actor }) => [action, keyId, actor])).toEqual([
      ["key.revoked", key.id, "system"],
      ["key.created", next.id, "ada@example.com"],
      ["key.rotated", key.id, "ada@example.com"],
      ["key.updated", key.id, "ada@example.com"],
      ["key.created", key.id, "ada@example.com"],
    ]);
    expect(events[2]).toEqual({
      id: expect.stringMatching(/^act_\w+$/),
      at: new Date(START),
      action: "key.rotated",
      keyId: key.id,
      actor: "ada@example.com",
      level: "operator",
      address: "203.0.113.5",
      details: {
        successor: next.id,
        overlapMs: DAY_MS,
        changes: { expiresAt: { before: null, after: new Date(START + DAY_MS).toISOString() } },
      },
    });
    expect(emitted.map(([name]) => name)).toEqual([
      "key.created",
      "key.rotated",
      "key.created",
      "key.revoked",
    ]);
    const page = await kw.audit.list({ keyId: next.id, limit: 1 });
    expect(page.events).toHaveLength(1);
    expect(page.nextCursor).toBeUndefined();
  });

  it("lists pages, newest first, of a key, an owner, or all", async () => {
    const { kw } = setUp();
    const { key } = await kw.keys.create({ name: "a", ownerId: "acme" });
    for (const name of ["b", "c"]) await kw.keys.update(key.id, { name });
    await kw.keys.create({ name: "other", ownerId: "else" });
    const all = (await kw.audit.list()).events.map(({ id }) => id);
    expect(all).toHaveLength(4);
    const first = await kw.audit.list({ limit: 3 });
    expect(first.events.map(({ id }) => id)).toEqual(all.slice(0, 3));
    expect(first.nextCursor).toBe(all[2]);
    const second = await kw.audit.list({ limit: 3, cursor: first.nextCursor as string });
    expect(second.events.map(({ id }) => id)).toEqual(all.slice(3));
    expect("nextCursor" in second).toBe(false);
    expect("nextCursor" in (await kw.audit.list({ limit: 4 }))).toBe(false);
    expect((await kw.audit.list({ ownerId: "acme" })).events).toHaveLength(3);
    expect((await kw.audit.list({ keyId: key.id, ownerId: "else" })).events).toEqual([]);
    // An unknown address is absent, not empty.
    expect("address" in (first.events[0] as object)).toBe(false);
    const wrong: readonly [object, string][] = [
      [{ limit: 0 }, "limit must be a whole number from 1 to 1000; got 0."],
      [{ limit: 1001 }, "limit must be a whole number from 1 to 1000; got 1001."],
      [
        { cursor: 7 },
        "cursor must be text of 1 to 200 characters without control or invisible characters; got 7.",
      ],
      [
        { key: "a" },
        'audit.list: unknown field "key"; there are keyId, ownerId, action, actor, level, from, to, cursor, limit.',
      ],
      [{ level: "admin" }, 'level must be one of owner, operator; got "admin".'],
      [{ from: "2026-01-01" }, 'from must be a valid Date; got "2026-01-01".'],
    ];
    for (const [query, message] of wrong) await expect(kw.audit.list(query)).rejects.toThrow(message);
  });

  it("records the address of an actor in its normal form, and no other text", async () => {
    const { kw } = setUp();
    for (const address of ["::ffff:203.0.113.5", "[2001:DB8::1]:443", "<script>", "1".repeat(9000)]) {
      await kw.keys.create({ name: "a" }, { address });
    }
    const { events } = await kw.audit.list();
    expect(events.map(({ address }) => address).toReversed()).toEqual([
      "203.0.113.5",
      "2001:db8::1",
      undefined,
      undefined,
    ]);
  });
});

describe("the details of an audit event", () => {
  it("have each changed field before and after, with times as ISO 8601", async () => {
    const { kw, advance } = setUp();
    const { key } = await kw.keys.create({ name: "a", scopes: ["x"], limits: { daily: 5 }, ownerId: "acme" });
    await kw.keys.update(key.id, {
      name: "a",
      scopes: ["x", "y"],
      plan: "pro",
      limits: { daily: 5, until: new Date(START + DAY_MS) },
      allowedAddresses: ["203.0.113.0/24"],
      expiresAt: new Date(START + 2 * DAY_MS),
      metadata: { team: 1 },
    });
    advance(1000);
    await kw.keys.pause(key.id, { reason: "Unpaid invoice", until: new Date(START + DAY_MS) });
    await kw.keys.resume(key.id);
    const { events } = await kw.audit.list();
    const pause = {
      pausedAt: new Date(START + 1000).toISOString(),
      pausedUntil: new Date(START + DAY_MS).toISOString(),
      pauseReason: "Unpaid invoice",
      pausedBy: "operator",
    };
    const fields = Object.entries(pause);
    expect(events.map(({ action, details }) => [action, details]).toReversed()).toEqual([
      [
        "key.created",
        {
          name: "a",
          changes: {
            ...IN_PROD,
            scopes: { before: [], after: ["x"] },
            limits: { before: null, after: { daily: 5 } },
          },
        },
      ],
      [
        "key.updated",
        {
          changes: {
            scopes: { before: ["x"], after: ["x", "y"] },
            plan: { before: null, after: "pro" },
            limitsUntil: { before: null, after: new Date(START + DAY_MS).toISOString() },
            allowedAddresses: { before: null, after: ["203.0.113.0/24"] },
            expiresAt: { before: null, after: new Date(START + 2 * DAY_MS).toISOString() },
            metadata: { before: {}, after: { team: 1 } },
          },
        },
      ],
      [
        "key.paused",
        { changes: Object.fromEntries(fields.map(([name, after]) => [name, { before: null, after }])) },
      ],
      [
        "key.resumed",
        { changes: Object.fromEntries(fields.map(([name, before]) => [name, { before, after: null }])) },
      ],
    ]);
  });

  it("have the changes of an owner, and say whether it was created", async () => {
    const { kw } = setUp();
    const by = { actor: "ada@example.com", level: "operator" } as const;
    await kw.owners.update("acme", { plan: "pro", name: "Acme" }, by);
    await kw.owners.update("acme", { plan: null, limits: { daily: 7 } }, by);
    await kw.owners.pause("acme", {}, by);
    await kw.owners.resume("acme", by);
    await kw.owners.pause("new", { reason: "Fraud" }, by);
    const { events } = await kw.audit.list();
    expect(events.map(({ action, ownerId, actor }) => [action, ownerId, actor]).toReversed()).toEqual([
      ["owner.created", "acme", "ada@example.com"],
      ["owner.updated", "acme", "ada@example.com"],
      ["owner.paused", "acme", "ada@example.com"],
      ["owner.resumed", "acme", "ada@example.com"],
      ["owner.created", "new", "ada@example.com"],
    ]);
    expect(events.every((event) => !("keyId" in event))).toBe(true);
    expect(events.at(-2)?.details).toEqual({
      changes: { plan: { before: "pro", after: null }, limits: { before: null, after: { daily: 7 } } },
    });
  });
});

describe("events of changes", () => {
  it("have the key as it is afterwards, and its successor; a call that changes nothing emits none", async () => {
    const emitted: [string, object][] = [];
    const names: readonly KeywardEventName[] = [
      "key.created",
      "key.imported",
      "key.updated",
      "key.paused",
      "key.resumed",
      "key.rotated",
      "key.revoked",
    ];
    const record = (name: string) => (event: object) => emitted.push([name, event]);
    const kw = createKeyward({ events: Object.fromEntries(names.map((name) => [name, record(name)])) });
    const { key } = await kw.keys.create({ name: "a" });
    const imported = await kw.keys.import({ name: "b", sha256: "0".repeat(64) });
    const updated = await kw.keys.update(key.id, { name: "c", metadata: { team: 1 } });
    const paused = await kw.keys.pause(key.id);
    const resumed = await kw.keys.resume(key.id);
    await kw.keys.resume(key.id);
    const { key: next } = await kw.keys.rotate(key.id);
    const { key: last } = await kw.keys.rotate(next.id, { overlapMs: 0 });
    const revoked = await kw.keys.revoke(last.id);
    await kw.keys.revoke(last.id);
    expect(emitted).toEqual([
      ["key.created", { key }],
      ["key.imported", { key: imported }],
      ["key.updated", { key: updated }],
      ["key.paused", { key: paused }],
      ["key.resumed", { key: resumed }],
      ["key.rotated", { key: await kw.keys.get(key.id), successor: next }],
      ["key.created", { key: next }],
      ["key.rotated", { key: await kw.keys.get(next.id), successor: last }],
      ["key.created", { key: last }],
      ["key.revoked", { key: revoked }],
    ]);
    const { events } = await kw.audit.list();
    const successor = { ...IN_PROD, metadata: { before: {}, after: { team: 1 } } };
    expect(events.map(({ action, details }) => [action, details]).toReversed()).toEqual([
      ["key.created", { name: "a", changes: IN_PROD }],
      ["key.imported", { name: "b", changes: IN_PROD }],
      [
        "key.updated",
        {
          changes: {
            name: { before: "a", after: "c" },
            metadata: { before: {}, after: { team: 1 } },
          },
        },
      ],
      ["key.paused", expect.anything()],
      ["key.resumed", expect.anything()],
      ["key.rotated", { successor: next.id, overlapMs: DAY_MS, changes: { expiresAt: ENDS } }],
      ["key.created", { name: "c", replaces: key.id, changes: successor }],
      ["key.rotated", { successor: last.id, overlapMs: 0, changes: { revokedAt: ENDS } }],
      ["key.created", { name: "c", replaces: next.id, changes: successor }],
      ["key.revoked", { changes: { revokedAt: ENDS } }],
    ]);
    expect((await kw.keys.get(next.id))?.revision).toBe(2);
    expect([key, imported, next, last].every(({ id }) => /^key_\w+$/.test(id))).toBe(true);
    expect(events.every(({ id }) => /^act_\w+$/.test(id))).toBe(true);
  });

  it("are emitted for owners and resets too", async () => {
    const emitted: [string, object][] = [];
    const names: readonly KeywardEventName[] = [
      "owner.updated",
      "owner.paused",
      "owner.resumed",
      "limits.reset",
    ];
    const record = (name: string) => (event: object) => emitted.push([name, event]);
    const kw = createKeyward({ events: Object.fromEntries(names.map((name) => [name, record(name)])) });
    const { key } = await kw.keys.create({ name: "a", ownerId: "acme" });
    const updated = await kw.owners.update("acme", { name: "Acme" });
    const paused = await kw.owners.pause("acme");
    const resumed = await kw.owners.resume("acme");
    await kw.owners.resume("acme");
    await kw.limits.reset(key.id);
    await kw.limits.reset({ ownerId: "acme" });
    expect(emitted).toEqual([
      ["owner.updated", { owner: updated }],
      ["owner.paused", { owner: paused }],
      ["owner.resumed", { owner: resumed }],
      ["limits.reset", { keyId: key.id, ownerId: "acme" }],
      ["limits.reset", { ownerId: "acme" }],
    ]);
  });
});
