import { createHmac, hash, hkdfSync, timingSafeEqual } from "node:crypto";
import { base62FromDigest } from "./base62.ts";
import type { ParsedKey } from "./format.ts";

/**
 * Uses the deployment's `secret`. Each use has a separate key, derived with HKDF (RFC 5869), so that neither the visible checksum nor a stolen digest weakens another use.
 */
export interface KeySigner {
  /** The checksum of a new key, under the newest secret. */
  checksumOf(body: string): string;
  /** The index of the secret (0 is the newest) that the key's checksum was made under, or -1: it was never issued here. */
  issuedUnder(key: ParsedKey): number;
  /** The stored digest of a key: HMAC-SHA-256 of the whole key, as 43 characters of base64url. */
  digest(key: string, secretIndex: number): string;
  /** The stored digests of a key that was issued elsewhere, one for each secret, newest first. */
  importedDigests(sha256: Buffer): readonly [string, ...string[]];
  /** A value for each secret, the newest first, by which a store recognizes it. It reveals nothing of the secret. */
  checkValues(): readonly [string, ...string[]];
  /** A MAC for the audit log, under the newest secret. */
  auditMac(text: string): string;
  /** True if a MAC for the audit log was made under any of the secrets. */
  isAuditMac(text: string, mac: string): boolean;
  /** A key for another purpose, under the newest secret: 32 bytes as base64url. */
  deriveKey(purpose: string): string;
}

interface DerivedKeys {
  readonly checksum: Buffer;
  readonly digest: Buffer;
  readonly imported: Buffer;
  readonly check: Buffer;
  readonly audit: Buffer;
}

function derive32Bytes(secret: string, use: string): Buffer {
  return Buffer.from(hkdfSync("sha256", secret, "", `keyward v1 ${use}`, 32));
}

function deriveKeys(secret: string): DerivedKeys {
  const derive = (use: string) => derive32Bytes(secret, use);
  return {
    checksum: derive("checksum"),
    digest: derive("digest"),
    imported: derive("imported"),
    check: derive("check"),
    audit: derive("audit"),
  };
}

/** Builds the signer from one secret, or from several with the newest first. */
export function createSigner(secrets: readonly [string, ...string[]]): KeySigner {
  const [newest, ...older] = secrets;
  const keys: [DerivedKeys, ...DerivedKeys[]] = [deriveKeys(newest), ...older.map(deriveKeys)];
  const checksumUnder = (derived: DerivedKeys, body: string) =>
    base62FromDigest(createHmac("sha256", derived.checksum).update(body).digest());
  const forEachSecret = (work: (derived: DerivedKeys) => string): [string, ...string[]] => [
    work(keys[0]),
    ...keys.slice(1).map(work),
  ];

  const auditMacUnder = (derived: DerivedKeys, text: string) =>
    createHmac("sha256", derived.audit).update(text).digest("base64url");

  return {
    checksumOf: (body) => checksumUnder(keys[0], body),
    issuedUnder(key) {
      const presented = Buffer.from(key.checksum, "latin1");
      return keys.findIndex((derived) =>
        timingSafeEqual(presented, Buffer.from(checksumUnder(derived, key.body), "latin1")),
      );
    },
    digest(key, secretIndex) {
      const derived = keys[secretIndex] ?? keys[0];
      return createHmac("sha256", derived.digest).update(key).digest("base64url");
    },
    importedDigests: (sha256) =>
      forEachSecret((derived) => createHmac("sha256", derived.imported).update(sha256).digest("base64url")),
    checkValues: () =>
      forEachSecret((derived) =>
        createHmac("sha256", derived.check).update("secret check").digest("base64url"),
      ),
    auditMac: (text) => auditMacUnder(keys[0], text),
    isAuditMac: (text, mac) => keys.some((derived) => isEqual(auditMacUnder(derived, text), mac)),
    deriveKey: (purpose) => derive32Bytes(newest, `purpose ${purpose}`).toString("base64url"),
  };
}

function isEqual(expected: string, presented: string): boolean {
  const [a, b] = [Buffer.from(expected), Buffer.from(presented)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/**
 * SHA-256 of a presented key, as a 32-character binary string: the name under which a verified key
 * is cached, so that the raw key is never a map key. Never stored, never shown.
 */
export function fingerprintOf(presented: string): string {
  return hash("sha256", presented, "binary");
}
