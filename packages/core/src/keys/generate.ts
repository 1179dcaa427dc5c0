import { randomBase62 } from "./base62.ts";
import { keyBody, maskKey } from "./format.ts";
import { Secret } from "./secret.ts";
import type { KeySigner } from "./signer.ts";

/** A key that is not stored yet: what to show, and what to store. */
export interface GeneratedKey {
  readonly secret: Secret;
  readonly digest: string;
}

/** Generates a key: 16 random characters (95 bits), and a checksum that proves where it was issued. */
export function generateKey(
  prefix: string | undefined,
  environment: string,
  signer: KeySigner,
): GeneratedKey {
  const body = keyBody(prefix, environment, randomBase62(16));
  const checksum = signer.checksumOf(body);
  const key = `${body}-${checksum}`;
  const secret = new Secret(key, maskKey({ prefix, environment, checksum }));
  return { secret, digest: signer.digest(key, 0) };
}
