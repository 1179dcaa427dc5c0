import type { Keyward, Principal, Session } from "@keyward/core";
import type { Authorize, ConsoleRequest } from "../authorize.ts";

/** The outcome of a sign-in. `cookies` are values of `Set-Cookie` fields. */
export type SignInResult =
  | { readonly outcome: "signed-in"; readonly cookies: readonly string[] }
  | { readonly outcome: "refused" }
  | { readonly outcome: "throttled"; readonly retryAfterMs: number };

/** A sign-in that the console's page offers itself. Pass it to `createConsole` as `authorize`. */
export interface SignIn extends Authorize {
  (request: ConsoleRequest, kw: Keyward): Promise<Principal | undefined>;
  signIn(request: ConsoleRequest, password: string, kw: Keyward): Promise<SignInResult>;
  /** Ends the session of the request. Returns the `Set-Cookie` field that removes the cookie. */
  signOut(request: ConsoleRequest, kw: Keyward): Promise<string>;
  /** The session of the request. */
  sessionOf(request: ConsoleRequest, kw: Keyward): Promise<Session | undefined>;
  /** Extends the session of the request, which was used. */
  renew(request: ConsoleRequest, kw: Keyward): Promise<void>;
}

export function isSignIn(authorize: Authorize): authorize is SignIn {
  return "signIn" in authorize;
}
