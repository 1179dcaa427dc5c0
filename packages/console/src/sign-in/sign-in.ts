import type { Keyward, Principal } from "@keyward/core";
import type { Authorize, ConsoleRequest } from "../authorize.ts";

/** The outcome of a sign-in. `cookies` are values of `Set-Cookie` fields. */
export type SignInResult =
  | { readonly outcome: "signed-in"; readonly cookies: readonly string[] }
  | { readonly outcome: "refused" }
  | { readonly outcome: "throttled"; readonly retryAfterMs: number };

/** A sign-in that the console's page offers itself. Pass it to `createConsole` as `authorize`. */
export interface SignIn extends Authorize {
  (request: ConsoleRequest, kw: Keyward): Promise<Principal | undefined>;
  signIn(request: ConsoleRequest, password: string): Promise<SignInResult>;
  /** Ends the session of the request. Returns the `Set-Cookie` field that removes the cookie. */
  signOut(request: ConsoleRequest): Promise<string>;
  /** A `Set-Cookie` field that extends the session, if it is time for one. */
  renew(request: ConsoleRequest): Promise<string | undefined>;
}

export function isSignIn(authorize: Authorize): authorize is SignIn {
  return "signIn" in authorize;
}
