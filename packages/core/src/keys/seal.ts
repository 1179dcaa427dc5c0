import { createHmac, hash, hkdfSync, timingSafeEqual } from "node:crypto";
import { base62FromDigest } from "./base62.ts";
import type { ParsedKey } from "./format.ts";

/**
 * What the deployment's `secret` is used for. Each use has a key of its own, derived with HKDF
 * (RFC 5869), so that neither the visible tail nor a stolen digest helps against another.
 */
export interface KeySeal {
  /** The tail of a new key, under the newest secret. */
  tailOf(body: string): string;
  /** Which secret (0 is the newest) the key's tail was made under, or -1: it was never issued here. */
  issuedUnder(key: ParsedKey): number;
  /** What is stored in place of the key: HMAC-SHA-256 of the whole of it, as 43 characters of base64url. */
  digest(key: string, secretIndex: number): string;
  /** What is stored in place of a key that was issued elsewhere, under each secret with the newest first. */
  importedDigests(sha256: Buffer): readonly [string, ...string[]];
}

interface DerivedKeys {
  readonly tail: Buffer;
  readonly digest: Buffer;
  readonly imported: Buffer;
}

function deriveKeys(secret: string): DerivedKeys {
  const derive = (use: string) => Buffer.from(hkdfSync("sha256", secret, "", `keyward v1 ${use}`, 32));
  return { tail: derive("tail"), digest: derive("digest"), imported: derive("imported") };
}

/** Builds the seal from one secret, or from several with the newest first. */
export function createSeal(secrets: readonly [string, ...string[]]): KeySeal {
  const [newest, ...older] = secrets;
  const keys: [DerivedKeys, ...DerivedKeys[]] = [deriveKeys(newest), ...older.map(deriveKeys)];
  const tailUnder = (derived: DerivedKeys, body: string) =>
    base62FromDigest(createHmac("sha256", derived.tail).update(body).digest());

  return {
    tailOf: (body) => tailUnder(keys[0], body),
    issuedUnder(key) {
      const presented = Buffer.from(key.tail, "latin1");
      return keys.findIndex((derived) =>
        timingSafeEqual(presented, Buffer.from(tailUnder(derived, key.body), "latin1")),
      );
    },
    digest(key, secretIndex) {
      const derived = keys[secretIndex] ?? keys[0];
      return createHmac("sha256", derived.digest).update(key).digest("base64url");
    },
    importedDigests(sha256) {
      const under = (derived: DerivedKeys) =>
        createHmac("sha256", derived.imported).update(sha256).digest("base64url");
      return [under(keys[0]), ...keys.slice(1).map(under)];
    },
  };
}

/**
 * SHA-256 of a presented key, as a 32-character binary string: the name under which a verified key
 * is cached, so that the raw key is never a map key. Never stored, never shown.
 */
export function fingerprintOf(presented: string): string {
  return hash("sha256", presented, "binary");
}
