import { createKeyward, type ListAuditQuery, type Principal } from "@keyward/core";
import { describe, expect, it } from "vitest";

const CUSTOMER = { actor: "jane@acme.example", ownerId: "acme" };

function setUp() {
  return createKeyward({
    plans: { pro: { rate: 1000 } },
    scopes: { "reports:read": "Read reports", "reports:write": "Write reports", "admin:all": "Everything" },
    environments: ["prod", "test"],
  });
}

describe("a customer's view", () => {
  it("of a pause by an operator leaves out the reason, wherever the key or the owner is returned", async () => {
    const kw = setUp();
    const { key } = await kw.keys.create({ name: "ci", ownerId: "acme" });
    const reason = "suspected fraud";
    await kw.keys.pause(key.id, { reason }, { actor: "olga", address: "203.0.113.7" });
    await kw.owners.pause("acme", { reason }, { actor: "olga", address: "203.0.113.7" });
    const acme = kw.as(CUSTOMER);
    const views = [
      await acme.keys.get(key.id),
      await acme.keys.list(),
      await acme.keys.update(key.id, { name: "renamed" }),
      await acme.owner.get(),
      await acme.owners.get("acme"),
      await acme.owners.list(),
      await acme.audit.list(),
      await acme.keys.revoke(key.id),
    ];
    for (const view of views) {
      expect(JSON.stringify(view)).not.toMatch(/fraud|olga|203\.0\.113\.7/);
    }
    expect(views[0]).toMatchObject({ status: "paused", pause: { by: "operator" } });
    expect(await kw.as({ actor: "vic", may: "view" }).keys.get(key.id)).toMatchObject({ pause: { reason } });
    await kw.close();
  });

  it("leaves out the reason of an operator's pause in events of the customer itself", async () => {
    let now = Date.now();
    const kw = createKeyward({ clock: () => now });
    const reason = "suspected fraud";
    const paused = await kw.keys.create({ name: "rotated", ownerId: "acme" });
    await kw.keys.pause(paused.key.id, { reason });
    const ended = await kw.keys.create({ name: "paused again", ownerId: "acme" });
    await kw.keys.pause(ended.key.id, { reason, until: new Date(now + 60_000) });
    const acme = kw.as(CUSTOMER);
    // The successor is paused as well. The other pause has ended, so that the customer can replace it.
    await acme.keys.rotate(paused.key.id);
    now += 120_000;
    await acme.keys.pause(ended.key.id, { reason: "audit" });
    const { events } = await acme.audit.list();
    expect(events.map(({ action }) => action)).toEqual(
      expect.arrayContaining(["key.rotated", "key.created", "key.paused"]),
    );
    expect(JSON.stringify(events)).not.toContain("fraud");
    expect(JSON.stringify(await kw.audit.list())).toContain("fraud");
    await kw.close();
  });

  it("of the audit log finds operators by no other name than the one that it shows", async () => {
    const kw = setUp();
    const acme = kw.as(CUSTOMER);
    const { key } = await kw.keys.create({ name: "ci", ownerId: "acme" }, { actor: "olga" });
    await acme.keys.update(key.id, { name: "renamed" });
    const actionsBy = async (query: ListAuditQuery) =>
      (await acme.audit.list({ keyId: key.id, ...query })).events.map(({ action }) => action);
    expect(await actionsBy({ actor: "olga" })).toEqual([]);
    expect(await actionsBy({ actor: "olga", level: "operator" })).toEqual([]);
    expect(await actionsBy({ actor: "operator" })).toEqual(["key.created"]);
    expect(await actionsBy({ level: "operator" })).toEqual(["key.created"]);
    expect(await actionsBy({ actor: CUSTOMER.actor })).toEqual(["key.updated"]);
    expect(await actionsBy({ action: "key.updated", actor: CUSTOMER.actor, level: "owner" })).toEqual([
      "key.updated",
    ]);
    await expect(acme.audit.verify()).rejects.toMatchObject({ code: "not-permitted" });
    expect(await kw.as({ actor: "vic", may: "view" }).audit.verify()).toMatchObject({ ok: true });
    await kw.close();
  });

  it("has the reason of a pause by itself in its events", async () => {
    const kw = setUp();
    const acme = kw.as(CUSTOMER);
    const { key } = await acme.keys.create({ name: "ci" });
    await acme.keys.pause(key.id, { reason: "audit" });
    await acme.keys.resume(key.id);
    const reasons = (await acme.audit.list({ keyId: key.id })).events.map(
      ({ details }) => (details["changes"] as { readonly pauseReason?: object }).pauseReason,
    );
    expect(reasons.slice(0, 2)).toEqual([
      { before: "audit", after: null },
      { before: null, after: "audit" },
    ]);
    await kw.close();
  });

  it("keeps the reason of a pause by itself", async () => {
    const kw = setUp();
    const acme = kw.as(CUSTOMER);
    const { key } = await acme.keys.create({ name: "ci" });
    expect(await acme.keys.pause(key.id, { reason: "audit" })).toMatchObject({
      pause: { reason: "audit", by: "owner" },
    });
    await kw.close();
  });

  it("of the configuration has only the plans, scopes and environments that it may choose", async () => {
    const kw = setUp();
    const viewOf = (may: Principal["may"]) => {
      const { plans, scopes, environments } = kw.as({ ...CUSTOMER, may }).configuration();
      return { plans: plans.map(({ name }) => name), scopes: Object.keys(scopes ?? {}), environments };
    };
    expect(viewOf(undefined)).toEqual({ plans: [], scopes: [], environments: ["prod", "test"] });
    expect(viewOf({ create: { plans: ["pro"], scopes: ["reports:*"], environments: ["test"] } })).toEqual({
      plans: ["pro"],
      scopes: ["reports:read", "reports:write"],
      environments: ["test"],
    });
    expect(kw.as({ actor: "vic", may: "view" }).configuration()).toEqual(kw.configuration());
    await kw.close();
  });
});

describe("a principal", () => {
  it.each(["a\nb", "\u202e", " ", "x".repeat(201)])(
    "cannot be called %j, nor have such an owner",
    async (text) => {
      const kw = setUp();
      expect(() => kw.as({ actor: text, may: "view" })).toThrow(/actor must be/);
      expect(() => kw.as({ actor: "a", ownerId: text })).toThrow(/ownerId must be/);
      await kw.close();
    },
  );

  it("revokes a key only at the revision that it has seen", async () => {
    const kw = setUp();
    const acme = kw.as(CUSTOMER);
    const { key } = await acme.keys.create({ name: "ci" });
    await acme.keys.update(key.id, { name: "deploy" });
    await expect(acme.keys.revoke(key.id, { ifRevision: 1 })).rejects.toMatchObject({ code: "key-changed" });
    expect(await acme.keys.revoke(key.id, { ifRevision: 2 })).toMatchObject({ status: "revoked" });
    await kw.close();
  });

  it("cannot rotate a key with metadata that it could not have set", async () => {
    const kw = setUp();
    const { key } = await kw.keys.create({ name: "ci", ownerId: "acme", metadata: { tier: "gold" } });
    await expect(kw.as(CUSTOMER).keys.rotate(key.id)).rejects.toMatchObject({
      code: "not-permitted",
      field: "metadata",
    });
    const may = { create: true, rotate: true, update: true };
    expect((await kw.as({ ...CUSTOMER, may }).keys.rotate(key.id)).key).toMatchObject({ ownerId: "acme" });
    await kw.close();
  });
});
