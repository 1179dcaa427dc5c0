import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { createConsole } from "@keyward/console";
import { createKeyward, memoryStore } from "@keyward/core";
import express from "express";
import { Provider } from "oidc-provider";
import * as oidc from "openid-client";
import { describe, expect, it, onTestFinished } from "vitest";
import { openIdConnectSignIn } from "../examples/openid-connect.ts";
import { certificate } from "./console-server.ts";
import { CookieClient } from "./cookie-client.ts";

const CLIENT_SECRET = "a secret of the client";
const SESSION = "__Host-console-session";
const ATTEMPT = "__Host-console-attempt";

/** An application with a console, and a provider that accepts every sign-in, under any name. */
async function setUp() {
  const kw = createKeyward({ store: memoryStore(), secret: "a secret of at least 32 bytes for tests" });
  const app = express();
  const { cert, private: key } = await certificate;
  const origin = `https://localhost:${await listen(createServer({ cert, key }, app))}`;
  const issuer = await startProvider(origin);
  const { authorize, routes } = await openIdConnectSignIn(kw, {
    issuer,
    clientId: "console",
    clientSecret: CLIENT_SECRET,
    origin,
    administrators: ["jane@example.com"],
    discovery: { execute: [oidc.allowInsecureRequests] },
  });
  app.use(routes);
  app.use(createConsole(kw, { authorize, signInUrl: "/sign-in", signOutUrl: "/sign-out" }).listener);
  onTestFinished(() => kw.close());
  return { kw, origin, issuer, browser: new CookieClient() };
}

async function listen(server: Server | ReturnType<typeof createHttpServer>): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

/** A real provider. The account `jane` has the verified address jane@example.com; those of `unverified-…` are not verified. */
async function startProvider(origin: string): Promise<string> {
  const server = createHttpServer();
  const issuer = `http://localhost:${await listen(server)}`;
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: "console",
        client_secret: CLIENT_SECRET,
        redirect_uris: [`${origin}/sign-in/callback`],
        post_logout_redirect_uris: [`${origin}/admin/`],
      },
    ],
    pkce: { required: () => true },
    // Puts the address into the ID token, as many providers do.
    conformIdTokenClaims: false,
    claims: { openid: ["sub"], email: ["email", "email_verified"] },
    findAccount: (_context, id) => ({
      accountId: id,
      claims: () => ({
        sub: id,
        email: `${id.replace("unverified-", "")}@example.com`,
        email_verified: !id.startsWith("unverified"),
      }),
    }),
  });
  server.on("request", provider.callback());
  return issuer;
}

/** Starts to sign in, signs in at the provider, and consents. Follows redirects up to an address that contains `until`. */
async function signInAs(browser: CookieClient, origin: string, name: string, until?: string) {
  await browser.visit(`${origin}/sign-in`);
  await browser.submit({ prompt: "login", login: name, password: "anything" });
  return browser.submit({ prompt: "consent" }, until);
}

describe("the OpenID Connect example", { timeout: 60_000 }, () => {
  it("signs in and out, here and at the provider, with sessions and audit events of Keyward", async () => {
    const { kw, origin, issuer, browser } = await setUp();
    const page = await signInAs(browser, origin, "jane");
    expect(page).toMatchObject({ status: 200, url: `${origin}/admin/` });
    expect([browser.cookies.has(SESSION), browser.cookies.has(ATTEMPT)]).toEqual([true, false]);
    expect(await kw.sessions.list()).toMatchObject([{ actor: "jane@example.com" }]);
    const session = await browser.visit(`${origin}/admin/api/session`);
    expect(JSON.parse(session.body)).toMatchObject({ actor: "jane@example.com", signOutUrl: "/sign-out" });

    const asked = await browser.visit(`${origin}/sign-out`);
    expect(asked.url).toContain(`${issuer}/session/end`);
    const signedOut = await browser.submit({ logout: "yes" });
    expect(signedOut).toMatchObject({ status: 200, url: `${origin}/admin/` });
    expect(await kw.sessions.list()).toEqual([]);
    const { events } = await kw.audit.list();
    expect(events.map(({ action }) => action)).toEqual(["session.ended", "session.started"]);
    // The provider asks for the password again.
    const again = await browser.visit(`${origin}/sign-in`);
    expect(again.body).toContain('name="password"');
  });

  it("keeps the session after a request that another site causes", async () => {
    const { kw, origin, browser } = await setUp();
    await signInAs(browser, origin, "jane");
    // Without the cookie, which is SameSite=Strict; and from another subdomain, with it.
    const withoutCookie = new CookieClient();
    await withoutCookie.visit(`${origin}/sign-out`);
    expect(withoutCookie.fields).toEqual([]);
    browser.headers["sec-fetch-site"] = "same-site";
    expect((await browser.visit(`${origin}/sign-out`)).url).toBe(`${origin}/admin/`);
    expect(browser.cookies.has(SESSION)).toBe(true);
    expect(await kw.sessions.list()).toMatchObject([{ actor: "jane@example.com" }]);
  });

  it("ends a session that is ended elsewhere, although the browser keeps its cookie", async () => {
    const { kw, origin, browser } = await setUp();
    await signInAs(browser, origin, "jane");
    const [session] = await kw.sessions.list();
    expect((await browser.visit(`${origin}/admin/api/api-keys`)).status).toBe(200);
    await kw.sessions.end(session?.id ?? "");
    expect((await browser.visit(`${origin}/admin/api/api-keys`)).status).toBe(401);
  });

  it.each(["joe", "unverified-jane"])("refuses %s, and records it", async (name) => {
    const { kw, origin, browser } = await setUp();
    expect((await signInAs(browser, origin, name)).status).toBe(403);
    expect(browser.cookies.has(SESSION)).toBe(false);
    expect((await kw.audit.list()).events).toMatchObject([{ action: "sign-in.failed" }]);
    expect(await kw.sessions.list()).toEqual([]);
  });

  it("sets cookies that scripts and other sites cannot use", async () => {
    const { origin, browser } = await setUp();
    await signInAs(browser, origin, "jane");
    for (const [name, sameSite] of [
      [SESSION, "strict"],
      [ATTEMPT, "lax"],
    ] as const) {
      const field = browser.fields.find((each) => each.startsWith(`${name}=`))?.toLowerCase() ?? "";
      for (const attribute of ["; path=/", "; secure", "; httponly", `; samesite=${sameSite}`]) {
        expect(field).toContain(attribute);
      }
    }
  });

  it("asks with PKCE, a state and a nonce, and refuses a response to another browser's request", async () => {
    const { kw, origin, issuer, browser } = await setUp();
    const other = new CookieClient();
    const asked = new URL((await other.visit(`${origin}/sign-in`, "/auth?")).url);
    expect(asked.origin).toBe(issuer);
    expect(Object.fromEntries(asked.searchParams)).toMatchObject({
      response_type: "code",
      code_challenge_method: "S256",
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      state: expect.stringMatching(/^[\w-]{43}$/),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
      redirect_uri: `${origin}/sign-in/callback`,
    });

    const { url: callback } = await signInAs(browser, origin, "jane", "/sign-in/callback");
    expect(callback).toContain("code=");
    const own = JSON.parse(decodeURIComponent(browser.cookies.get(ATTEMPT) ?? "")) as object;
    const statusWith = async (cookie: string | undefined) => {
      const client = new CookieClient();
      if (cookie !== undefined) client.cookies.set(ATTEMPT, encodeURIComponent(cookie));
      return (await client.visit(callback)).status;
    };
    expect(await statusWith(undefined)).toBe(403);
    expect(await statusWith("{")).toBe(403);
    expect(await statusWith(decodeURIComponent(other.cookies.get(ATTEMPT) ?? ""))).toBe(403);
    expect(await statusWith(JSON.stringify({ ...own, state: "another" }))).toBe(403);
    expect(await statusWith(JSON.stringify({ ...own, codeVerifier: "x".repeat(43) }))).toBe(403);
    expect(await kw.sessions.list()).toEqual([]);
  });

  it("refuses an ID token with another nonce, and a code that was used before", async () => {
    const { kw, origin, browser } = await setUp();
    const { url: first } = await signInAs(browser, origin, "jane", "/sign-in/callback");
    const attempt = decodeURIComponent(browser.cookies.get(ATTEMPT) ?? "");
    const stranger = { ...(JSON.parse(attempt) as object), nonce: "another" };
    const wrong = new CookieClient();
    wrong.cookies.set(ATTEMPT, encodeURIComponent(JSON.stringify(stranger)));
    expect((await wrong.visit(first)).status).toBe(403);
    browser.cookies.set(ATTEMPT, encodeURIComponent(attempt));
    expect((await browser.visit(first)).status).toBe(403);
    expect(await kw.sessions.list()).toEqual([]);
  });
});
