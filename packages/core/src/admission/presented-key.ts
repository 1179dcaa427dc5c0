import { MAX_PRESENTED_LENGTH } from "../keys/format.ts";
import type { AdmissionRequest } from "./request.ts";

/** A request presents something in place of a key that cannot be one key: an empty or too long value, or several keys. */
export const UNUSABLE = Symbol("unusable");

/** The key that a request presents, as it was sent; `undefined` if it presents none. */
export type ReadPresentedKey = (request: AdmissionRequest) => string | undefined | typeof UNUSABLE;

/** `Authorization: Bearer <token>`, also where a framework has joined repeated fields with commas. */
const BEARER_TOKENS = /(?:^|,)[ \t]*bearer(?:[ \t]+([^,]*)|(?=,|$))/gi;

/** The place in `keyFrom` that stands for `Authorization: Bearer <key>`. */
export const BEARER = "bearer";

/**
 * Creates the function that reads keys.
 *
 * @param keyFrom header names in lower case, or `bearer`
 * @param hasKeyForm whether a Bearer token has the form of a key: other tokens are ignored where another place holds a key
 */
export function createKeyReader(
  keyFrom: readonly string[],
  hasKeyForm: (token: string) => boolean,
): ReadPresentedKey {
  const headers = keyFrom.filter((place) => place !== BEARER);
  const [only] = headers;
  if (keyFrom.length === 1 && only !== undefined) return (request) => keyIn(request.header(only));
  const acceptsBearer = keyFrom.includes(BEARER);
  return (request) => {
    let found: ReturnType<ReadPresentedKey>;
    for (const name of headers) {
      const presented = keyIn(request.header(name));
      if (presented === undefined) continue;
      if (found !== undefined) return UNUSABLE;
      found = presented;
    }
    if (!acceptsBearer) return found;
    const authorization = request.header("authorization");
    if (authorization === undefined) return found;
    const tokens = bearerTokensIn(authorization);
    const [token] = tokens;
    if (token === undefined) return found;
    if (tokens.some(hasKeyForm)) return tokens.length > 1 || found !== undefined ? UNUSABLE : token;
    return found ?? (isUsable(token) ? token : UNUSABLE);
  };
}

/** Node joins a header that was sent twice with a comma, which no key contains, so that its form is rejected. */
function keyIn(value: string | readonly string[] | undefined): ReturnType<ReadPresentedKey> {
  if (value === undefined) return undefined;
  if (typeof value === "string") return isUsable(value) ? value : UNUSABLE;
  const [only] = value;
  if (only === undefined) return undefined;
  return value.length === 1 && isUsable(only) ? only : UNUSABLE;
}

function bearerTokensIn(authorization: string | readonly string[]): string[] {
  const fields = typeof authorization === "string" ? [authorization] : authorization;
  return fields.flatMap((field) =>
    [...field.matchAll(BEARER_TOKENS)].map(([, token = ""]) => token.trimEnd()),
  );
}

function isUsable({ length }: string): boolean {
  return length > 0 && length <= MAX_PRESENTED_LENGTH;
}
