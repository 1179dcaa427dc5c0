import { createConsole, type Acting } from "@keyward/console";
import { memoryStore } from "@keyward/core";
import { describe, expect, it } from "vitest";
import { ADDRESS, keywardForTest, setUp } from "./set-up.ts";

describe("whoever acts for one owner", () => {
  it("sees and touches the keys of that owner alone", async () => {
    const { ask } = setUp();
    const acme = await ask("POST", "/api-keys", { as: "ada@acme", body: { name: "ours" } });
    expect(acme.body.key).toMatchObject({ ownerId: "acme" });
    const theirs = await ask("POST", "/api-keys", { as: "eve@evil", body: { name: "theirs" } });
    const id = theirs.body.key.id;
    for (const query of ["", "?ownerId=evil", "?search=theirs&ownerId=evil"]) {
      expect((await ask("GET", `/api-keys${query}`, { as: "ada@acme" })).text).not.toContain(id);
    }
    const attempts = [
      ["GET", ""],
      ["PATCH", ""],
      ["DELETE", ""],
      ["POST", "/regenerate"],
      ["POST", "/rotate"],
      ["GET", "/usage?from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z&per=day"],
    ] as const;
    for (const [method, more] of attempts) {
      const body = method === "PATCH" ? { body: { name: "mine now" } } : {};
      expect(await ask(method, `/api-keys/${id}${more}`, { as: "ada@acme", ...body })).toMatchObject({
        status: 404,
        body: { code: "key-not-found" },
      });
    }
    expect(
      await ask("POST", "/api-keys", { as: "ada@acme", body: { name: "x", ownerId: "evil" } }),
    ).toMatchObject({ status: 403, body: { code: "not-permitted", field: "ownerId" } });
    for (const query of ["", `?keyId=${id}`]) {
      expect((await ask("GET", `/audit${query}`, { as: "ada@acme" })).text).not.toContain(id);
    }
    expect((await ask("GET", `/api-keys/${id}`, { as: "ada" })).body).toMatchObject({ name: "theirs" });
  });

  it.each([
    ["plan", "pro"],
    ["scopes", ["reports:read"]],
    ["limits", { rate: 1_000_000_000, burst: 1_000_000_000, daily: 1_000_000_000 }],
    ["metadata", { tier: "gold" }],
  ])("cannot create, change or rotate keys with %s of its choice", async (field, value) => {
    const { kw, ask } = setUp();
    const refused = { status: 403, body: { code: "not-permitted", field } };
    const create = { as: "ada@acme", body: { name: "greedy", [field]: value } };
    expect(await ask("POST", "/api-keys", create)).toMatchObject(refused);
    expect((await kw.keys.list()).keys).toHaveLength(0);

    const { key } = await kw.keys.create({ name: "plain", ownerId: "acme" });
    const patch = { as: "ada@acme", body: { name: "renamed", [field]: value } };
    expect(await ask("PATCH", `/api-keys/${key.id}`, patch)).toMatchObject(refused);
    expect(await kw.keys.get(key.id)).toEqual(key);

    // An administrator may have granted it. A colleague at the owner must not get the secret of such a key.
    const granted = await kw.keys.create({ name: "granted", ownerId: "acme", [field]: value });
    for (const act of ["regenerate", "rotate"]) {
      expect(await ask("POST", `/api-keys/${granted.key.id}/${act}`, { as: "ada@acme" })).toMatchObject(
        refused,
      );
    }
    expect((await kw.keys.list()).keys).toHaveLength(2);
    const rename = { as: "ada@acme", body: { name: "renamed" } };
    expect(await ask("PATCH", `/api-keys/${granted.key.id}`, rename)).toMatchObject({ status: 200 });
    expect(await ask("DELETE", `/api-keys/${granted.key.id}`, { as: "ada@acme" })).toMatchObject({
      status: 200,
    });
  });

  it("cannot prolong or remove an expiry", async () => {
    const { kw, ask } = setUp();
    const expiresAt = new Date(Date.now() + 60_000);
    const { key } = await kw.keys.create({ name: "trial", ownerId: "acme", expiresAt });
    for (const value of [null, "2099-01-01T00:00:00Z"]) {
      const patch = { as: "ada@acme", body: { expiresAt: value } };
      expect(await ask("PATCH", `/api-keys/${key.id}`, patch)).toMatchObject({
        status: 403,
        body: { code: "not-permitted", field: "expiresAt" },
      });
    }
    const rotated = await ask("POST", `/api-keys/${key.id}/rotate`, { as: "ada@acme" });
    expect(rotated.body.key).toMatchObject({ expiresAt: expiresAt.toISOString() });
  });

  it("creates, renames, rotates and revokes keys on the default plan", async () => {
    const { ask } = setUp();
    const body = { name: "ci", plan: "default", scopes: [], expiresAt: "2099-01-01T00:00:00Z" };
    const created = await ask("POST", "/api-keys", { as: "ada@acme", body });
    expect(created).toMatchObject({ status: 201, body: { key: { ownerId: "acme", plan: "default" } } });
    const path = `/api-keys/${created.body.key.id}`;
    expect(await ask("PATCH", path, { as: "ada@acme", body: { name: "deploy" } })).toMatchObject({
      status: 200,
    });
    const rotated = await ask("POST", `${path}/rotate`, { as: "ada@acme", body: { overlapSeconds: 60 } });
    expect(rotated).toMatchObject({ status: 201, body: { key: { name: "deploy", ownerId: "acme" } } });
    const regenerated = await ask("POST", `/api-keys/${rotated.body.key.id}/regenerate`, { as: "ada@acme" });
    expect(regenerated.status).toBe(201);
    expect(await ask("DELETE", path, { as: "ada@acme" })).toMatchObject({ status: 200 });
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

  it("creates another key for the same idempotency key under another owner", async () => {
    const { ask } = setUp();
    const request = { body: { name: "ci" }, headers: { "idempotency-key": "1" } };
    expect((await ask("POST", "/api-keys", { ...request, as: "ada@acme" })).status).toBe(201);
    expect((await ask("POST", "/api-keys", { ...request, as: "ada@umbrella" })).status).toBe(201);
    expect((await ask("POST", "/api-keys", { ...request, as: "ada@acme" })).status).toBe(409);
  });

  it("is nobody if authorize says who badly, rather than everybody", async () => {
    const kw = keywardForTest();
    for (const acting of [
      { actor: "" },
      {},
      { actor: "a", ownerId: "" },
      { actor: "a", ownerId: undefined },
    ]) {
      const { fetch } = createConsole(kw, { authorize: () => acting as Acting });
      const response = await fetch(new Request("https://example.com/admin/api/api-keys"), ADDRESS);
      expect(response.status).toBe(500);
    }
  });
});
