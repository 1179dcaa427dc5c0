import { createConsole, keySignIn, passwordSignIn } from "@keyward/console";
import { createKeyward, type Principal } from "@keyward/core";
import createClient from "openapi-fetch";
import { describe, expect, it, onTestFinished } from "vitest";
import type { paths } from "../page/generated/admin-api.ts";

const ADDRESS = { secure: true, ip: "203.0.113.7" };

/** A console for programs, and a client generated from its OpenAPI document. */
async function setUp(principal: Principal | undefined = { actor: "deploy bot", may: "everything" }) {
  const kw = createKeyward({ plans: { default: { rate: 50, daily: 1000 } } });
  onTestFinished(() => kw.close());
  const authorize = keySignIn({
    scope: "keyward:admin",
    principalOf: () => principal,
    otherwise: passwordSignIn({ password: "correct horse battery" }),
  });
  const kwConsole = createConsole(kw, { authorize });
  const clientFor = (key: string) =>
    createClient<paths>({
      baseUrl: "https://example.com/admin/api",
      headers: { "x-api-key": key },
      fetch: (request) => kwConsole.fetch(request, ADDRESS),
    });
  const { key, secret } = await kw.keys.create({ name: "bot", scopes: ["keyward:admin"] });
  return { kw, kwConsole, key, clientFor, client: clientFor(secret.reveal()) };
}

describe("keySignIn", () => {
  it("lets a generated client create, list, pause and revoke keys, without a cookie", async () => {
    const { kw, client } = await setUp();
    const created = await client.POST("/api-keys", { body: { name: "billing", ownerId: "acme" } });
    expect(created.response.status).toBe(201);
    expect(created.response.headers.getSetCookie()).toEqual([]);
    const id = created.data?.key.id ?? "";
    const listed = await client.GET("/api-keys", { params: { query: { ownerId: "acme" } } });
    expect(listed.data?.keys.map((each) => each.id)).toEqual([id]);
    const params = { path: { id } };
    expect((await client.POST("/api-keys/{id}/pause", { params, body: {} })).data?.status).toBe("paused");
    expect((await client.DELETE("/api-keys/{id}", { params })).data?.status).toBe("revoked");
    expect((await kw.audit.list({ keyId: id })).events).toMatchObject([
      { action: "key.revoked", actor: "deploy bot", address: "203.0.113.7" },
      { action: "key.paused" },
      { action: "key.created" },
    ]);
  });

  it("refuses keys without the scope, wildcards, revoked keys and forged keys", async () => {
    const { kw, key, clientFor } = await setUp();
    const statusFor = async (raw: string) => (await clientFor(raw).GET("/api-keys")).response.status;
    for (const scopes of [[], ["keyward:view"], ["admin:*"], ["reports:read"]]) {
      const { secret } = await kw.keys.create({ name: "other", scopes });
      expect(await statusFor(secret.reveal()), scopes.join(" ")).toBe(401);
    }
    expect(await statusFor("prod_0Qc3ZkT1-x8Lm-0RaB-1a234b56")).toBe(401);
    const { key: rotated, secret } = await kw.keys.rotate(key.id);
    expect(await statusFor(secret.reveal())).toBe(200);
    await kw.keys.revoke(rotated.id);
    expect(await statusFor(secret.reveal())).toBe(401);
  });

  it("signs a key in as the principal that principalOf returns, or refuses it", async () => {
    const scoped = await setUp({ actor: "acme bot", ownerId: "acme" });
    await scoped.kw.keys.create({ name: "theirs", ownerId: "umbrella" });
    expect((await scoped.client.GET("/api-keys")).data?.keys).toEqual([]);
    const { key, secret } = await scoped.kw.keys.create({
      name: "own",
      ownerId: "acme",
      scopes: ["keyward:admin"],
    });
    // A customer cannot rotate a key into a secret with the scope of the admin API.
    const rotate = { params: { path: { id: key.id } }, body: { overlapSeconds: 0 } };
    const refused = await scoped.clientFor(secret.reveal()).POST("/api-keys/{id}/rotate", rotate);
    expect(refused.response.status).toBe(403);
  });

  it("counts requests in the limits of the key", async () => {
    const { kw, key, client } = await setUp();
    await kw.keys.update(key.id, { limits: { daily: 2 } });
    for (let times = 0; times < 2; times += 1) {
      expect((await client.GET("/api-keys")).response.status).toBe(200);
    }
    const { response, error } = await client.GET("/api-keys");
    expect(response.status).toBe(429);
    expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(error).toMatchObject({ code: "rate-limit-exceeded" });
  });

  it("leaves requests without a key to the other sign-in, which stays available to the page", async () => {
    const { kwConsole } = await setUp();
    const ask = (method: string, headers: Record<string, string> = {}, body?: object) =>
      kwConsole.fetch(
        new Request("https://example.com/admin/api/session", {
          method,
          headers: { ...headers, ...(body && { "content-type": "application/json" }) },
          ...(body && { body: JSON.stringify(body) }),
        }),
        ADDRESS,
      );
    expect(await (await ask("GET")).json()).toMatchObject({ signIn: "password" });
    const signedIn = await ask("POST", {}, { password: "correct horse battery" });
    const [session = ""] = signedIn.headers.getSetCookie();
    const cookie = session.split(";")[0] ?? "";
    expect((await ask("GET", { cookie })).status).toBe(200);
    // A wrong key is refused, whatever cookie comes with it.
    expect((await ask("GET", { cookie, "x-api-key": "x" })).status).toBe(401);
  });

  it("requires a scope and principalOf", () => {
    expect(() => keySignIn({ scope: "keyward:admin" } as never)).toThrow(/principalOf must be a function/);
    expect(() => keySignIn({ scope: "", principalOf: () => null })).toThrow(/scope must be/);
    expect(() => keySignIn({ scope: "a", principalOf: () => null, other: 1 } as never)).toThrow(
      /no option "other"/,
    );
  });
});
