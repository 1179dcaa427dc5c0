import type { Access, Keyward, Principal } from "@keyward/core";
import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import type { ConsoleRequest } from "../authorize.ts";
import type { ConsoleEnv } from "../app.ts";
import type { ConsoleSettings } from "../options.ts";
import { isSignIn } from "../sign-in/sign-in.ts";
import { problem } from "./problems.ts";

/** The request as `authorize` receives it. */
export function consoleRequest(context: Context<ConsoleEnv>): ConsoleRequest {
  const { connection, node } = context.env;
  const { headers, method, url } = context.req.raw;
  const { ip, secure } = connection;
  return { headers, method, url, ip, secure, ...(node !== undefined && { node }) };
}

/** Refuses requests without a principal, and gives the others what their principal can reach. */
export function requirePrincipal({ kw, authorize, signInUrl }: ConsoleSettings) {
  return createMiddleware<ConsoleEnv>(async (context, next) => {
    const request = consoleRequest(context);
    const principal = await authorize(request, kw);
    if (principal === undefined || principal === null) {
      const signIn = isSignIn(authorize) ? "password" : (signInUrl ?? null);
      return problem(context, 401, "sign-in-required", "Sign in to continue.", { signIn });
    }
    context.set("access", accessOf(kw, principal, request.ip));
    context.set("actor", principal.actor);
    // Requests by which an open page refreshes itself do not extend the session.
    if (isSignIn(authorize) && !request.headers.has("keyward-idle")) await authorize.renew(request, kw);
    return next();
  });
}

/**
 * The resources that a principal can access. Its actions are recorded with the address of its request.
 *
 * @throws KeywardError `invalid-option` for a principal with a mistake
 */
function accessOf(kw: Keyward, principal: Principal, ip: string): Access {
  const access = kw.as(principal);
  if (ip === "" || principal.address !== undefined) return access;
  const { actor, ownerId, may } = principal;
  return kw.as({ actor, may, address: ip, ...(ownerId !== undefined && { ownerId }) });
}
