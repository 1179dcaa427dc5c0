import type { CreateKeyInput } from "@keyward/core";
import { describe, expect, it } from "vitest";
import { HOUR_MS, setUp, START } from "./set-up.ts";

describe("create", () => {
  it("returns a record without secrets, and the raw key once", async () => {
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
      revision: 1,
    });
    expect(key.lineageId).toBe(key.id);
    expect(await kw.keys.get(key.id)).toEqual(key);
    expect(JSON.stringify(key)).not.toContain(secret.reveal().slice(5, 13));
    expect("digest" in key).toBe(false);
  });

  const bad: readonly [string, unknown, RegExp][] = [
    ["nothing", undefined, /^create: the input must be an object with at least a name\.$/],
    [
      "no name",
      {},
      /^name must be text of 1 to 200 characters without control or invisible characters; got undefined\.$/,
    ],
    ["a blank name", { name: "  " }, /^name must be text .*; got " {2}"\.$/],
    ["a name with a line break", { name: "a\nb" }, /^name must be text .*; got "a\\nb"\.$/],
    ["a long name", { name: "a".repeat(201) }, /^name must be text of 1 to 200 characters/],
    ["a misspelt field", { name: "a", scope: [] }, /^create: unknown field "scope"; there are name, ownerId/],
    ["scopes in a text", { name: "a", scopes: "a b" }, /^scopes must be an array of at most 100 scopes\.$/],
    [
      "a scope with a space",
      { name: "a", scopes: ["a b"] },
      /^scopes: each must be 1 to 100 letters, .*; got "a b"\.$/,
    ],
    ["an unknown plan", { name: "a", plan: "gold" }, /^plan must be one of default, pro; got "gold"\.$/],
    [
      "an unknown environment",
      { name: "a", environment: "dev" },
      /^environment must be one of prod, test; got "dev"\.$/,
    ],
    [
      "limits with a burst below the rate",
      { name: "a", limits: { rate: 5, burst: 1, daily: 1 } },
      /^limits\.burst must not be below rate, 5; got 1\.$/,
    ],
    [
      "an expiry as text",
      { name: "a", expiresAt: "tomorrow" },
      /^expiresAt must be a valid Date; got "tomorrow"\.$/,
    ],
    [
      "an expiry in the past",
      { name: "a", expiresAt: new Date(START) },
      /^expiresAt must be in the future; got /,
    ],
    ["metadata that is a list", { name: "a", metadata: [] }, /^metadata must be an object; got an array\.$/],
    [
      "metadata that is too long",
      { name: "a", metadata: { a: "x".repeat(9000) } },
      /^metadata must be at most 8192 /,
    ],
    [
      "circular metadata",
      { name: "a", metadata: circle() },
      /^metadata must be a value that JSON can represent/,
    ],
  ];
  for (const [mistake, input, message] of bad) {
    it(`rejects ${mistake}, and creates no key`, async () => {
      const { kw } = setUp();
      const created = kw.keys.create(input as CreateKeyInput);
      await expect(created).rejects.toMatchObject({
        code: "invalid-input",
        message: expect.stringMatching(message),
      });
      expect((await kw.keys.list()).keys).toEqual([]);
      expect((await kw.audit.list()).events).toEqual([]);
    });
  }

  it("stores hostile text unchanged", async () => {
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

describe("an idempotency key", () => {
  it("creates no second key, and the error names the first", async () => {
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
    // A successor was created by another request.
    await kw.keys.rotate(key.id, { overlapMs: 0 });
    await kw.keys.create({ name: "other", idempotencyKey: "r2" });
    // The same key of another owner is another request, also where the names run together.
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
