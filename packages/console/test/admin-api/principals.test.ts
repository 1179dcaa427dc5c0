import { createConsole } from "@keyward/console";
import { memoryStore, type Principal } from "@keyward/core";
import { describe, expect, it } from "vitest";
import { ADDRESS, keywardForTest, setUp } from "./set-up.ts";

const PERIOD = "from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z&per=day";

/** Every request about one key, with a body that would change it. */
const KEY_REQUESTS: readonly (readonly [string, string, object?])[] = [
  ["GET", ""],
  ["GET", `/usage?${PERIOD}`],
  ["GET", "/networks"],
  ["PATCH", "", { name: "mine now" }],
  ["POST", "/rotate", { overlapSeconds: 0 }],
  ["POST", "/pause", {}],
  ["POST", "/resume"],
  ["DELETE", ""],
];

describe("a customer", () => {
  it("sees and changes only the keys of its owner", async () => {
    const { kw, ask } = setUp();
    const ours = await ask("POST", "/api-keys", { as: "ada@acme", body: { name: "ours" } });
    expect(ours.body.key).toMatchObject({ ownerId: "acme" });
    const { key, secret } = await kw.keys.create({ name: "theirs", ownerId: "evil" });
    const loose = await kw.keys.create({ name: "nobody's" });
    for (const id of [key.id, loose.key.id]) {
      for (const [method, path, body] of KEY_REQUESTS) {
        const answer = await ask(method, `/api-keys/${id}${path}`, { as: "ada@acme", body });
        expect(answer, `${method} ${path}`).toMatchObject({ status: 404, body: { code: "key-not-found" } });
      }
      expect(await kw.keys.get(id)).toMatchObject({ status: "active", revision: 1 });
    }
    for (const query of ["", "?search=theirs"]) {
      const listed = await ask("GET", `/api-keys${query}`, { as: "ada@acme" });
      expect(listed.text).not.toMatch(/evil|theirs"|nobody/);
    }
    for (const query of ["", `?keyId=${key.id}`, "?ownerId=acme"]) {
      expect((await ask("GET", `/audit${query}`, { as: "ada@acme" })).text).not.toContain(key.id);
    }
    const body = { key: secret.reveal() };
    expect((await ask("POST", "/api-keys/identify", { as: "ada@acme", body })).status).toBe(404);
  });

  it("gets 403 for every request that names another owner", async () => {
    const { kw, ask } = setUp();
    await kw.owners.update("evil", { name: "Evil Inc.", metadata: { contract: "secret" } });
    for (const [method, path, body] of [
      ["GET", "/api-keys?ownerId=evil"],
      ["POST", "/api-keys/search", { ownerId: "evil" }],
      ["POST", "/api-keys", { name: "x", ownerId: "evil" }],
      ["GET", "/audit?ownerId=evil"],
      ["GET", "/audit/verification"],
      ["GET", "/owners/evil"],
      ["GET", `/owners/evil/usage?${PERIOD}`],
      ["PATCH", "/owners/evil", { name: "Acme" }],
      ["POST", "/owners/evil/pause", {}],
      ["POST", "/owners/evil/resume"],
      ["POST", "/owners/evil/reset-limits"],
    ] as const) {
      const answer = await ask(method, path, { as: "ada@acme", body });
      expect(answer, `${method} ${path}`).toMatchObject({ status: 403, body: { code: "not-permitted" } });
      expect(answer.text).not.toMatch(/Evil Inc|secret/);
    }
    expect((await ask("GET", "/owners", { as: "ada@acme" })).text).not.toContain("evil");
    expect(await kw.owners.get("evil")).toMatchObject({ name: "Evil Inc.", status: "active" });
    expect((await kw.keys.list()).keys).toHaveLength(0);
    const { events } = await kw.audit.list({ ownerId: "acme" });
    expect(events).toMatchObject([
      { action: "operation.refused", actor: "ada", details: { operations: ["keys.list: ownerId"] } },
    ]);
  });

  it.each([
    ["plan", "plan", "pro"],
    ["scopes", "scopes", ["reports:read"]],
    ["scopes", "scopes", ["keyward:admin"]],
    ["limits", "limits.rate", { rate: 1_000_000_000, daily: 1_000_000_000 }],
    ["metadata", "metadata", { tier: "gold" }],
  ])(
    "cannot create, change or rotate keys with %s (%s) that it may not grant: %j",
    async (field, atRotation, value) => {
      const { kw, ask } = setUp();
      const refused = { status: 403, body: { code: "not-permitted", field } };
      const create = { as: "ada@acme", body: { name: "greedy", [field]: value } };
      expect(await ask("POST", "/api-keys", create)).toMatchObject(refused);
      expect((await kw.keys.list()).keys).toHaveLength(0);

      const { key } = await kw.keys.create({ name: "plain", ownerId: "acme" });
      const patch = { as: "ada@acme", body: { name: "renamed", [field]: value } };
      expect(await ask("PATCH", `/api-keys/${key.id}`, patch)).toMatchObject(refused);
      expect(await kw.keys.get(key.id)).toEqual(key);

      // An operator may have granted it. A colleague at the owner must not get the secret of such a key.
      const granted = await kw.keys.create({ name: "granted", ownerId: "acme", [field]: value });
      for (const overlapSeconds of [0, 60]) {
        const rotate = { as: "ada@acme", body: { overlapSeconds } };
        expect(await ask("POST", `/api-keys/${granted.key.id}/rotate`, rotate)).toMatchObject({
          status: 403,
          body: { code: "not-permitted", field: atRotation },
        });
      }
      expect((await kw.keys.list()).keys).toHaveLength(2);
      const rename = { as: "ada@acme", body: { name: "renamed" } };
      expect(await ask("PATCH", `/api-keys/${granted.key.id}`, rename)).toMatchObject({ status: 200 });
      expect(await ask("DELETE", `/api-keys/${granted.key.id}`, { as: "ada@acme" })).toMatchObject({
        status: 200,
      });
    },
  );

  it("cannot extend or remove an expiry, in an update or a rotation", async () => {
    const { kw, ask } = setUp();
    const expiresAt = new Date(Date.now() + 60_000);
    const { key } = await kw.keys.create({ name: "trial", ownerId: "acme", expiresAt });
    for (const value of [null, "2099-01-01T00:00:00Z"]) {
      const body = { expiresAt: value };
      const refused = { status: 403, body: { code: "not-permitted", field: "expiresAt" } };
      expect(await ask("PATCH", `/api-keys/${key.id}`, { as: "ada@acme", body })).toMatchObject(refused);
      expect(await ask("POST", `/api-keys/${key.id}/rotate`, { as: "ada@acme", body })).toMatchObject(
        refused,
      );
    }
    const rotated = await ask("POST", `/api-keys/${key.id}/rotate`, { as: "ada@acme" });
    expect(rotated.body.key).toMatchObject({ expiresAt: expiresAt.toISOString() });
  });

  it("creates, renames, rotates, pauses, resumes and revokes keys on its owner's plan", async () => {
    const { kw, ask } = setUp();
    await kw.owners.update("acme", { plan: "pro" });
    const as = "ada@acme";
    const body = { name: "ci", scopes: [], allowedAddresses: ["203.0.113.0/24"] };
    const created = await ask("POST", "/api-keys", { as, body });
    expect(created).toMatchObject({
      status: 201,
      body: { key: { ownerId: "acme", plan: null, quota: { limits: { rate: 5 } } } },
    });
    const path = `/api-keys/${created.body.key.id}`;
    expect((await ask("PATCH", path, { as, body: { name: "deploy" } })).status).toBe(200);
    expect(await ask("POST", `${path}/pause`, { as, body: { reason: "audit" } })).toMatchObject({
      body: { status: "paused", pause: { by: "owner", reason: "audit" } },
    });
    expect(await ask("POST", `${path}/resume`, { as })).toMatchObject({ body: { status: "active" } });
    const rotated = await ask("POST", `${path}/rotate`, { as, body: { overlapSeconds: 60 } });
    expect(rotated).toMatchObject({ status: 201, body: { key: { name: "deploy", ownerId: "acme" } } });
    expect((await ask("DELETE", path, { as })).status).toBe(200);
  });

  it("cannot end an operator's pause, and does not see the reason or the operator", async () => {
    const { kw, ask } = setUp();
    const { key } = await kw.keys.create({ name: "ci", ownerId: "acme" });
    const reason = { body: { reason: "suspected of fraud" } };
    await ask("POST", `/api-keys/${key.id}/pause`, { as: "olga", ...reason });
    await ask("POST", "/owners/acme/pause", { as: "olga", ...reason });
    const as = "ada@acme";
    expect(await ask("POST", `/api-keys/${key.id}/resume`, { as })).toMatchObject({
      status: 403,
      body: { field: "pause" },
    });
    expect(await ask("POST", `/api-keys/${key.id}/pause`, { as, body: {} })).toMatchObject({ status: 403 });
    expect(await ask("POST", "/owners/acme/resume", { as })).toMatchObject({ status: 403 });
    for (const path of ["/api-keys", `/api-keys/${key.id}`, "/owners", "/owners/acme", "/audit"]) {
      const { text } = await ask("GET", path, { as });
      expect(text, path).toContain("acme");
      // The refused operation is the customer's own, and so is its address.
      const others = text.replace(/\{[^{}]*"action":"operation.refused"[^{}]*/, "");
      expect(others, path).not.toMatch(/fraud|olga|203\.0\.113\.7/);
      expect((await ask("GET", path, { as: "olga" })).text, path).toContain("fraud");
    }
    expect(await kw.keys.get(key.id)).toMatchObject({ status: "paused" });
  });

  it("cannot change its owner, reset limits or import keys", async () => {
    const { kw, ask } = setUp();
    const { key } = await kw.keys.create({ name: "ci", ownerId: "acme" });
    for (const [method, path, body] of [
      ["PATCH", "/owners/acme", { plan: "pro" }],
      ["PATCH", "/owners/acme", { limits: null }],
      ["PATCH", "/owners/acme", { name: "Acme" }],
      ["POST", "/owners/acme/pause", {}],
      ["POST", "/owners/acme/reset-limits"],
      ["POST", `/api-keys/${key.id}/reset-limits`],
      ["POST", "/api-keys/import", { name: "x", sha256: "a".repeat(64) }],
    ] as const) {
      expect(await ask(method, path, { as: "ada@acme", body }), path).toMatchObject({
        status: 403,
        body: { code: "not-permitted" },
      });
    }
    expect((await ask("GET", "/owners/acme", { as: "ada@acme" })).body).toMatchObject({
      id: "acme",
      plan: null,
    });
  });

  it("does exactly what its permissions list, and no more", async () => {
    const { kw, ask } = setUp();
    const may: Principal["may"] = {
      create: { plans: ["pro"], scopes: ["reports:*"], maxKeys: 1, maxLifetimeDays: 30 },
      rotate: true,
      limits: "lower",
    };
    const as = "ada@acme";
    const create = (body: object) => ask("POST", "/api-keys", { as, may, body: { name: "ci", ...body } });
    expect(await create({ plan: "default" })).toMatchObject({ body: { field: "plan" } });
    expect(await create({ scopes: ["billing:read"] })).toMatchObject({ body: { field: "scopes" } });
    expect(await create({ expiresAt: "2099-01-01T00:00:00Z" })).toMatchObject({
      body: { field: "expiresAt" },
    });
    const created = await create({ plan: "pro", scopes: ["reports:read"] });
    expect(created.status).toBe(201);
    expect(await create({})).toMatchObject({ status: 403, body: { field: "maxKeys" } });
    const path = `/api-keys/${created.body.key.id}`;
    expect(await ask("PATCH", path, { as, may, body: { name: "x" } })).toMatchObject({
      body: { field: "name" },
    });
    const raise = { limits: { rate: 5, burst: 5, daily: 6 } };
    expect(await ask("PATCH", path, { as, may, body: raise })).toMatchObject({
      body: { field: "limits.daily" },
    });
    const lower = { limits: { daily: 4 } };
    expect(await ask("PATCH", path, { as, may, body: lower })).toMatchObject({ status: 200 });
    expect(await ask("POST", `${path}/pause`, { as, may, body: {} })).toMatchObject({ status: 403 });
    expect(await ask("DELETE", path, { as, may })).toMatchObject({ status: 403 });
    expect(await kw.keys.get(created.body.key.id)).toMatchObject({ status: "active", name: "ci" });
  });

  it("sees in its session the permissions, and only the plans and scopes that it may choose", async () => {
    const { ask } = setUp({ scopes: { "reports:read": "Read reports", "admin:all": "Everything" } });
    const may: Principal["may"] = { create: { scopes: ["reports:*"], maxKeys: 3 }, revoke: true };
    expect((await ask("GET", "/session", { as: "ada@acme", may })).body).toMatchObject({
      level: "owner",
      ownerId: "acme",
      plans: [],
      scopes: { "reports:read": "Read reports" },
      permissions: {
        create: { plans: [], scopes: ["reports:*"], environments: null, maxKeys: 3, maxLifetimeDays: null },
        revoke: true,
        rename: false,
        owners: false,
        limits: null,
      },
    });
    expect((await ask("GET", "/session", { as: "ada" })).body).toMatchObject({
      level: "operator",
      ownerId: null,
      plans: [{ name: "default" }, { name: "pro" }],
      scopes: { "admin:all": "Everything" },
      permissions: { create: { plans: null, scopes: null }, limits: "any", owners: true },
    });
  });

  it("does not rotate a key that gets a scope between the check and the rotation", async () => {
    const store = memoryStore();
    const { kw, ask } = setUp({ store });
    const { key } = await kw.keys.create({ name: "ci", ownerId: "acme" });
    const { find } = store;
    store.find = async (id) => {
      const before = await find(id);
      store.find = find;
      await kw.keys.update(id, { scopes: ["admin"] });
      return before;
    };
    expect(await ask("POST", `/api-keys/${key.id}/rotate`, { as: "ada@acme" })).toMatchObject({
      status: 412,
      body: { code: "key-changed" },
    });
    expect((await kw.keys.list()).keys).toHaveLength(1);
  });

  it("can use the same idempotency key for two owners", async () => {
    const { ask } = setUp();
    const request = { body: { name: "ci" }, headers: { "idempotency-key": "1" } };
    expect((await ask("POST", "/api-keys", { ...request, as: "ada@acme" })).status).toBe(201);
    expect((await ask("POST", "/api-keys", { ...request, as: "ada@umbrella" })).status).toBe(201);
    expect((await ask("POST", "/api-keys", { ...request, as: "ada@acme" })).status).toBe(409);
  });

  it("is refused when authorize returns a principal with a mistake", async () => {
    const kw = keywardForTest();
    for (const principal of [
      { actor: "" },
      {},
      { actor: "a", ownerId: "" },
      { actor: "a", ownerId: undefined },
      { actor: "a", ownerId: null },
      { actor: "a", owner: "acme" },
      { actor: "a", ownerID: "acme" },
      { actor: "a" },
      { actor: "a", may: undefined },
      { actor: "a", may: "all" },
      { actor: "a", may: { rotate: "yes" } },
      { actor: "a", may: { delete: true } },
      { actor: "a", ownerId: "acme", role: "admin" },
      { actor: "a\nb", may: "everything" },
      ["a"],
      "a",
      true,
      false,
      0,
    ] as unknown[]) {
      const { fetch } = createConsole(kw, { authorize: () => principal as Principal });
      const response = await fetch(new Request("https://example.com/admin/api/api-keys"), ADDRESS);
      expect(response.status, JSON.stringify(principal)).toBe(500);
    }
  });

  it("is refused when authorize returns null or undefined, also in a promise", async () => {
    const kw = keywardForTest();
    for (const nobody of [null, undefined, Promise.resolve(null)]) {
      const { fetch } = createConsole(kw, { authorize: () => nobody });
      const response = await fetch(new Request("https://example.com/admin/api/api-keys"), ADDRESS);
      expect(response.status).toBe(401);
    }
  });
});

describe("a viewer", () => {
  it("reads everything and changes nothing", async () => {
    const { kw, ask } = setUp();
    const { key } = await kw.keys.create({ name: "ci", ownerId: "acme" });
    const viewer = { as: "vic", may: "view" } as const;
    for (const path of [
      "/session",
      "/api-keys",
      `/api-keys/${key.id}`,
      `/api-keys/${key.id}/usage?${PERIOD}`,
      "/owners",
      "/owners/acme",
      `/owners/acme/usage?${PERIOD}`,
      "/audit",
    ]) {
      expect((await ask("GET", path, viewer)).status, path).toBe(200);
    }
    for (const [method, path, body] of [
      ["POST", "/api-keys", { name: "x" }],
      ["POST", "/api-keys/import", { name: "x", sha256: "a".repeat(64) }],
      ...KEY_REQUESTS.filter(([each]) => each !== "GET").map(
        ([each, more, input]) => [each, `/api-keys/${key.id}${more}`, input] as const,
      ),
      ["POST", `/api-keys/${key.id}/reset-limits`],
      ["PATCH", "/owners/acme", { name: "Acme" }],
      ["POST", "/owners/acme/pause", {}],
      ["POST", "/owners/acme/resume"],
      ["POST", "/owners/acme/reset-limits"],
    ] as const) {
      expect(await ask(method, path, { ...viewer, body }), `${method} ${path}`).toMatchObject({
        status: 403,
        body: { code: "not-permitted" },
      });
    }
    expect(await kw.keys.get(key.id)).toEqual(key);
    const { events } = await kw.audit.list();
    expect(events.map(({ action }) => action)).toEqual(["operation.refused", "key.created"]);
  });
});
