import { KeywardError, type ApiKey, type MaybePromise, type Principal } from "@keyward/core";
import { checkOptionNames } from "@keyward/core/adapter";
import type { Authorize, ConsoleRequest } from "../authorize.ts";
import { RefusedKey } from "./refused-key.ts";
import { isSignIn } from "./sign-in.ts";

/** Options of `keySignIn`. */
export interface KeySignInOptions {
  /** The scope that a key must have, such as `keyward:admin`. Only `may: "everything"` grants scopes that begin with `keyward:`. */
  readonly scope: string;
  /** Returns the principal that a key acts as; `undefined` or `null` if it may not use the admin API. */
  readonly principalOf: (key: ApiKey, request: ConsoleRequest) => MaybePromise<Principal | undefined | null>;
  /** Authorizes requests without a key, such as those of the page. Default: they are refused. */
  readonly otherwise?: Authorize | undefined;
}

const OPTIONS: readonly (keyof KeySignInOptions)[] = ["scope", "principalOf", "otherwise"];

/**
 * Authorizes programs by an API key. There is no cookie: each request presents the key, and is admitted under the key's limits.
 *
 * @throws KeywardError `invalid-option`
 */
export function keySignIn(options: KeySignInOptions): Authorize {
  checkOptionNames("keySignIn", options, OPTIONS);
  const { scope, principalOf, otherwise } = options;
  if (typeof scope !== "string" || scope === "") fail('scope must be a scope such as "keyward:admin".');
  if (typeof principalOf !== "function") {
    fail(
      "principalOf must be a function that returns the principal of a key; without it, every key could do everything.",
    );
  }
  if (otherwise !== undefined && typeof otherwise !== "function") {
    fail("otherwise must be a function such as the result of passwordSignIn().");
  }

  const authorize: Authorize = async (request, kw) => {
    const { headers, secure, ip } = request;
    const header = (name: string) => headers.get(name) ?? undefined;
    const presentsKey = kw
      .configuration()
      .keyFrom.some((place) => headers.has(place === "bearer" ? "authorization" : place));
    if (!presentsKey) return otherwise?.(request, kw);
    const decision = await kw.admit({ header, secure, ip, scopes: [scope] });
    if (!decision.admitted) {
      if (decision.status === 401 || decision.status === 403) return undefined;
      // The key may be valid: it is over a limit, or could not be verified.
      throw new RefusedKey(decision);
    }
    return decision.key === undefined ? undefined : principalOf(decision.key, request);
  };
  if (otherwise === undefined || !isSignIn(otherwise)) return authorize;
  const { signIn, signOut, sessionOf, renew } = otherwise;
  return Object.assign(authorize, { signIn, signOut, sessionOf, renew });
}

function fail(message: string): never {
  throw new KeywardError("invalid-option", message);
}
