import { parseKey } from "../keys/format.ts";
import { isImportedForm } from "../keys/imported-keys.ts";
import type { Pipeline } from "./pipeline.ts";

/** A key that may exist: worth asking the store for. */
export interface RecognizedKey {
  /** What the store may have in its place. */
  readonly digests: readonly string[];
  /** Its tail proves that it was issued here. One that was issued elsewhere carries no proof. */
  readonly proven: boolean;
}

/** Sorts out made-up keys by their form and tail. `undefined` if the key was issued neither here nor, by its form, elsewhere. */
export function recognize(
  { settings, seal }: Pick<Pipeline, "settings" | "seal">,
  presented: string,
  fingerprint: string,
): RecognizedKey | undefined {
  const parsed = parseKey(presented);
  const secretIndex = parsed === undefined ? -1 : seal.issuedUnder(parsed);
  if (secretIndex >= 0) return { digests: [seal.digest(presented, secretIndex)], proven: true };
  const { importedKeys } = settings;
  if (importedKeys === undefined || !isImportedForm(importedKeys, presented)) return undefined;
  return { digests: seal.importedDigests(Buffer.from(fingerprint, "latin1")), proven: false };
}
