import type { Acting, Authorize, ConsoleRequest } from "../acting.ts";

/** What became of a sign-in. `cookie` is the value of a `Set-Cookie` field. */
export type SignInResult =
  | { readonly outcome: "signed-in"; readonly cookie: string }
  | { readonly outcome: "refused" }
  | { readonly outcome: "throttled"; readonly retryAfterMs: number };

/** A way to sign in that the console's page offers itself. Given to `createConsole` as `authorize`. */
export interface SignIn extends Authorize {
  (request: ConsoleRequest): Promise<Acting | undefined>;
  signIn(request: ConsoleRequest, password: string): Promise<SignInResult>;
  /** Ends the session of the request. Gives the `Set-Cookie` that takes the cookie away. */
  signOut(request: ConsoleRequest): Promise<string>;
  /** A `Set-Cookie` that lets the session live on, where it is time for one. */
  renew(request: ConsoleRequest): Promise<string | undefined>;
}

export function isSignIn(authorize: Authorize): authorize is SignIn {
  return "signIn" in authorize;
}
