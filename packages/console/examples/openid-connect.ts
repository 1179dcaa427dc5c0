/** A sign-in to the console with OpenID Connect, for Express. Sessions are Keyward's: listed, and ended in every process. */
import type { Authorize } from "@keyward/console";
import type { Keyward } from "@keyward/core";
import express, { type CookieOptions, type Request, type Router } from "express";
import * as oidc from "openid-client";

export interface OpenIdConnectOptions {
  /** The provider, such as `https://login.example.com`. */
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Origin of this application, such as `https://api.example.com`. */
  readonly origin: string;
  /** Verified email addresses that may use the console. */
  readonly administrators: readonly string[];
  /** Options of the discovery, such as another `fetch` behind a proxy. */
  readonly discovery?: oidc.DiscoveryRequestOptions;
}

const HOUR_MS = 3_600_000;
/** Over HTTPS, browsers accept cookies with this prefix only from this host. */
const SESSION_COOKIE = "__Host-console-session";
const ATTEMPT_COOKIE = "__Host-console-attempt";
const BASE: CookieOptions = { path: "/", httpOnly: true, secure: true };
/** Other sites cannot use the session. The attempt has to survive the way back from the provider, which is another site. */
const SESSION_OPTIONS: CookieOptions = { ...BASE, sameSite: "strict" };
const ATTEMPT_OPTIONS: CookieOptions = { ...BASE, sameSite: "lax" };

/** Values that bind a response of the provider to the browser that started the sign-in. */
interface Attempt {
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
}

/** Returns `authorize` for the console, and the routes `/sign-in`, `/sign-in/callback` and `/sign-out`. */
export async function openIdConnectSignIn(
  kw: Keyward,
  options: OpenIdConnectOptions,
): Promise<{ readonly authorize: Authorize; readonly routes: Router }> {
  const { issuer, clientId, clientSecret, origin, administrators, discovery } = options;
  const config = await oidc.discovery(new URL(issuer), clientId, clientSecret, undefined, discovery);
  const redirectUri = `${origin}/sign-in/callback`;
  const routes = express.Router();

  routes.get("/sign-in", async (_request, response) => {
    const attempt: Attempt = {
      state: oidc.randomState(),
      nonce: oidc.randomNonce(),
      codeVerifier: oidc.randomPKCECodeVerifier(),
    };
    response.cookie(ATTEMPT_COOKIE, JSON.stringify(attempt), { ...ATTEMPT_OPTIONS, maxAge: HOUR_MS / 6 });
    const url = oidc.buildAuthorizationUrl(config, {
      redirect_uri: redirectUri,
      scope: "openid email",
      state: attempt.state,
      nonce: attempt.nonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(attempt.codeVerifier),
      code_challenge_method: "S256",
    });
    response.redirect(url.href);
  });

  routes.get("/sign-in/callback", async (request, response) => {
    response.clearCookie(ATTEMPT_COOKIE, ATTEMPT_OPTIONS);
    const email = await verifiedEmail(request);
    if (email === undefined || !administrators.includes(email)) {
      await kw.sessions.recordFailure({ address: request.ip });
      response.status(403).send("You may not use this console.");
      return;
    }
    const { token } = await kw.sessions.start({
      actor: email,
      address: request.ip,
      userAgent: request.get("user-agent"),
      lifetimeMs: 12 * HOUR_MS,
      idleMs: HOUR_MS,
    });
    response.cookie(SESSION_COOKIE, token, SESSION_OPTIONS);
    response.redirect("/admin/");
  });

  /** The address of the person that the provider vouches for; `undefined` if anything about its response is wrong. */
  async function verifiedEmail(request: Request): Promise<string | undefined> {
    const attempt = readAttempt(cookieOf(request.headers.cookie, ATTEMPT_COOKIE));
    if (attempt === undefined) return undefined;
    try {
      const tokens = await oidc.authorizationCodeGrant(config, new URL(request.originalUrl, origin), {
        pkceCodeVerifier: attempt.codeVerifier,
        expectedState: attempt.state,
        expectedNonce: attempt.nonce,
        idTokenExpected: true,
      });
      const claims = tokens.claims();
      return claims?.["email_verified"] === true ? String(claims["email"]) : undefined;
    } catch {
      return undefined;
    }
  }

  routes.get("/sign-out", async (request, response) => {
    const session = await kw.sessions.find(cookieOf(request.headers.cookie, SESSION_COOKIE) ?? "");
    // A link or image on another site must not sign anyone out. Its requests have no session cookie, which is SameSite=Strict.
    if (session === undefined || !isSameOrigin(request)) {
      response.redirect("/admin/");
      return;
    }
    await kw.sessions.end(session.id, { actor: session.actor, address: request.ip });
    response.clearCookie(SESSION_COOKIE, SESSION_OPTIONS);
    response.redirect(oidc.buildEndSessionUrl(config, { post_logout_redirect_uri: `${origin}/admin/` }).href);
  });

  const authorize: Authorize = async ({ headers }) => {
    const token = cookieOf(headers.get("cookie") ?? undefined, SESSION_COOKIE);
    // Requests by which an open page refreshes itself do not extend the session.
    const extend = !headers.has("keyward-idle");
    const session = token === undefined ? undefined : await kw.sessions.find(token, { extend });
    // Someone who is not an administrator any more is signed out by that.
    if (session === undefined || !administrators.includes(session.actor)) return undefined;
    return { actor: session.actor, may: "everything" };
  };

  return { authorize, routes };
}

/** True unless the browser says that another origin caused the request. */
function isSameOrigin(request: Request): boolean {
  return ["same-origin", "none"].includes(request.get("sec-fetch-site") ?? "none");
}

function cookieOf(header: string | undefined, name: string): string | undefined {
  const pair = header?.split(/; */).find((each) => each.startsWith(`${name}=`));
  return pair === undefined ? undefined : decodeURIComponent(pair.slice(name.length + 1));
}

function readAttempt(json: string | undefined): Attempt | undefined {
  try {
    return json === undefined ? undefined : (JSON.parse(json) as Attempt);
  } catch {
    return undefined;
  }
}
