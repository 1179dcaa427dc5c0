import { createConsole } from "@keyward/console";
import { describe, expect, it } from "vitest";
import { ADDRESS, keywardForTest, setUp } from "./set-up.ts";

describe("refused principals", () => {
  it("gets 401 everywhere but for the page and the document, and learns how to sign in", async () => {
    const { kwConsole, ask } = setUp();
    for (const [method, path] of [
      ["GET", "/api-keys"],
      ["POST", "/api-keys"],
      ["GET", "/session"],
      ["GET", "/audit"],
      ["GET", "/nothing"],
    ] as const) {
      expect(await ask(method, path, { as: "" })).toMatchObject({
        status: 401,
        body: { code: "sign-in-required", signIn: null },
      });
    }
    expect((await ask("GET", "/openapi.json", { as: "" })).status).toBe(200);
    const page = await kwConsole.fetch(new Request("https://example.com/admin/keys/key_1"), ADDRESS);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('<base href="/admin/" />');
  });

  it("is refused over plain HTTP, but on this machine if that is allowed", async () => {
    const kw = keywardForTest();
    const authorize = () => ({ actor: "ada", may: "everything" }) as const;
    const ask = async (requireHttps: boolean | { allowLoopback: boolean }, ip: string) => {
      const { fetch } = createConsole(kw, { authorize, requireHttps });
      return (await fetch(new Request("http://example.com/admin/api/session"), { ip })).status;
    };
    expect(await ask(true, "127.0.0.1")).toBe(403);
    expect(await ask({ allowLoopback: true }, "127.0.0.1")).toBe(200);
    expect(await ask({ allowLoopback: true }, "203.0.113.7")).toBe(403);
    expect(await ask({ allowLoopback: true }, "")).toBe(403);
    expect(await ask(false, "203.0.113.7")).toBe(200);
  });

  it("comes from another site, whatever cookies the browser adds", async () => {
    const { kw, ask } = setUp();
    const create = { body: { name: "forged" } };
    const elsewhere = [
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
      { "sec-fetch-site": "cross-site", origin: "https://example.com" },
    ];
    for (const headers of elsewhere) {
      expect(await ask("POST", "/api-keys", { ...create, headers })).toMatchObject({
        status: 403,
        body: { code: "cross-origin" },
      });
      expect((await ask("GET", "/api-keys", { headers })).status).toBe(403);
    }
    expect((await kw.keys.list()).keys).toHaveLength(0);
  });

  it("comes from another site by a browser that says only its origin", async () => {
    const { kwConsole } = setUp();
    const ask = async (origin: string) => {
      const request = new Request("https://example.com/admin/api/api-keys", {
        method: "POST",
        headers: { as: "ada", "content-type": "application/json", origin, host: "example.com" },
        body: '{"name":"x"}',
      });
      return (await kwConsole.fetch(request, ADDRESS)).status;
    };
    expect(await ask("https://evil.example")).toBe(403);
    expect(await ask("null")).toBe(403);
    expect(await ask("https://example.com")).toBe(201);
  });
});
