import { type CreateKeyInput } from "@keyward/core";
import { describe, expect, it } from "vitest";
import { HOUR_MS, setUp, START } from "./set-up.ts";

describe("create", () => {
  it("gives a record that is safe to show, and the key once", async () => {
    const { kw } = setUp();
    const expiresAt = new Date(START + HOUR_MS);
    const input = {
      name: "billing",
      ownerId: "acme",
      scopes: ["a", "b", "a"],
      plan: "pro",
      expiresAt,
      metadata: { team: 1 },
    };
    const { key, secret } = await kw.keys.create(input);
    expect(key).toMatchObject({
      name: "billing",
      masked: `prod_********-****-****-${secret.reveal().slice(-8)}`,
      environment: "prod",
      ownerId: "acme",
      scopes: ["a", "b"],
      plan: "pro",
      status: "active",
      createdAt: new Date(START),
      expiresAt,
      metadata: { team: 1 },
    });
    expect(await kw.keys.get(key.id)).toEqual(key);
    expect(JSON.stringify(key)).not.toContain(secret.reveal().slice(5, 13));
    expect("digest" in key).toBe(false);
  });

  const bad: readonly [string, unknown, RegExp][] = [
    ["nothing", undefined, /wants an object with at least a name/],
    ["no name", {}, /name: got undefined, wants text/],
    ["a blank name", { name: "  " }, /name: got " {2}"/],
    ["a name with a line break", { name: "a\nb" }, /name/],
    ["a long name", { name: "a".repeat(201) }, /name/],
    ["a misspelt field", { name: "a", scope: [] }, /has no field "scope"; there are name, ownerId/],
    ["scopes in a text", { name: "a", scopes: "a b" }, /scopes: got "a b", wants an array/],
    ["a scope with a space", { name: "a", scopes: ["a b"] }, /scopes: got "a b", wants scopes of/],
    ["an unknown plan", { name: "a", plan: "gold" }, /plan: got "gold", wants one of default, pro/],
    [
      "an unknown environment",
      { name: "a", environment: "dev" },
      /environment: got "dev", wants one of prod, test/,
    ],
    [
      "limits that are none",
      { name: "a", limits: { rate: 5, burst: 1, daily: 1 } },
      /limits.burst must be at least the rate, .*; got 1/,
    ],
    ["an expiry as text", { name: "a", expiresAt: "tomorrow" }, /expiresAt: got "tomorrow", wants a Date/],
    ["an expiry that is past", { name: "a", expiresAt: new Date(START) }, /expiresAt: .*still to come/],
    ["metadata that is a list", { name: "a", metadata: [] }, /metadata: got an array, wants an object/],
    ["metadata beyond measure", { name: "a", metadata: { a: "x".repeat(9000) } }, /metadata: .*at most 8192/],
    ["metadata that goes in circles", { name: "a", metadata: circle() }, /metadata: .*what JSON can hold/],
  ];
  for (const [mistake, input, message] of bad) {
    it(`refuses ${mistake}, and makes no key`, async () => {
      const { kw } = setUp();
      const made = kw.keys.create(input as CreateKeyInput);
      await expect(made).rejects.toMatchObject({
        code: "invalid-input",
        message: expect.stringMatching(message),
      });
      expect((await kw.keys.list()).keys).toEqual([]);
      expect((await kw.audit.list()).entries).toEqual([]);
    });
  }

  it("keeps hostile text as text", async () => {
    const { kw } = setUp();
    const metadata = JSON.parse('{ "__proto__": { "admin": true }, "constructor": "x" }') as Record<
      string,
      string
    >;
    const { key } = await kw.keys.create({ name: "<script>'\";--", metadata });
    expect(key.name).toBe("<script>'\";--");
    expect(Object.keys(key.metadata)).toEqual(["__proto__", "constructor"]);
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });
});

function circle(): object {
  const round: { self?: object } = {};
  round.self = round;
  return round;
}

describe("a request that is sent again", () => {
  it("makes no second key, and says which it made", async () => {
    const { kw } = setUp();
    const { key } = await kw.keys.create({ name: "once", idempotencyKey: "the request of once" });
    await expect(
      kw.keys.create({ name: "twice", idempotencyKey: "the request of once" }),
    ).rejects.toMatchObject({
      code: "already-created",
      keyId: key.id,
    });
    expect((await kw.keys.list()).keys).toHaveLength(1);
    expect(JSON.stringify(key)).not.toContain("the request of once");
    // What takes its place was made by another request.
    await kw.keys.regenerate(key.id);
    await kw.keys.create({ name: "other", idempotencyKey: "r2" });
    // Another owner's request of the same name is another request, also where names run together.
    for (const [ownerId, idempotencyKey] of [
      ["acme", "the request of once"],
      ["acme-the", "request of once"],
    ] as const) {
      const { key: created } = await kw.keys.create({ name: "once", ownerId, idempotencyKey });
      await expect(kw.keys.create({ name: "again", ownerId, idempotencyKey })).rejects.toMatchObject({
        code: "already-created",
        keyId: created.id,
      });
    }
    expect((await kw.keys.list()).keys).toHaveLength(5);
  });
});
