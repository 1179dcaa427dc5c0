import { randomBase62 } from "./base62.ts";
import { keyBody, maskKey } from "./format.ts";
import type { KeySeal } from "./seal.ts";
import { Secret } from "./secret.ts";

/** A key that exists nowhere yet: what to show, and what to store. */
export interface GeneratedKey {
  readonly secret: Secret;
  readonly digest: string;
}

/** Makes a key: 16 random characters (95 bits), and a tail that proves who made it. */
export function generateKey(environment: string, seal: KeySeal): GeneratedKey {
  const body = keyBody(environment, randomBase62(16));
  const tail = seal.tailOf(body);
  const key = `${body}-${tail}`;
  return { secret: new Secret(key, maskKey(environment, tail)), digest: seal.digest(key, 0) };
}
