import { parseKey } from "../keys/format.ts";
import { isImportedForm } from "../keys/imported-keys.ts";
import type { KeySigner } from "../keys/signer.ts";

/** A key that may exist: worth asking the store for. */
export interface RecognizedKey {
  /** The digests that the store may have for it. */
  readonly digests: readonly string[];
  /** Its checksum proves that it was issued here. A key that was issued elsewhere carries no proof. */
  readonly proven: boolean;
}

/** Recognizes presented keys. `undefined` for a forged key: one that was issued neither here nor, by its form, elsewhere. */
export type Recognize = (presented: string, fingerprint: string) => RecognizedKey | undefined;

/** True if a token has the form of a key, issued here or elsewhere. Says nothing of whether the key exists. */
export function hasKeyForm(token: string, importedKeys: RegExp | undefined): boolean {
  return parseKey(token) !== undefined || (importedKeys !== undefined && isImportedForm(importedKeys, token));
}

/** Settings that decide which keys are recognized. */
export interface RecognizeOptions {
  readonly signer: KeySigner;
  /** Prefixes of keys that were issued here. Keys without a prefix are always accepted. */
  readonly prefixes: readonly string[];
  /** The form of keys that were issued elsewhere. */
  readonly importedKeys: RegExp | undefined;
}

export function createRecognizer({ signer, prefixes, importedKeys }: RecognizeOptions): Recognize {
  return (presented, fingerprint) => {
    const parsed = parseKey(presented);
    const isOurs = parsed !== undefined && (parsed.prefix === undefined || prefixes.includes(parsed.prefix));
    const secretIndex = isOurs ? signer.issuedUnder(parsed) : -1;
    if (secretIndex >= 0) return { digests: [signer.digest(presented, secretIndex)], proven: true };
    if (importedKeys === undefined || !isImportedForm(importedKeys, presented)) return undefined;
    return { digests: signer.importedDigests(Buffer.from(fingerprint, "latin1")), proven: false };
  };
}
