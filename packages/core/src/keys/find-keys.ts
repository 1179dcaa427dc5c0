import { checkSecrets } from "../option-checks.ts";
import { MAX_NAME_LENGTH, maskKey, parseKey, type ParsedKey } from "./format.ts";
import { Secret } from "./secret.ts";
import { createSigner } from "./signer.ts";

/** A part of a text that has the form of a key. */
export interface FoundKey {
  /** Start and end in UTF-16 code units of the text. */
  readonly start: number;
  readonly end: number;
  /** Prints as its masked form, so that a report does not leak it again. */
  readonly secret: Secret;
}

/** Options of `createKeyFinder()`. */
export interface FindKeysOptions {
  /**
   * The deployment's secret, or several. With it only keys that were issued under it are found; without it, everything that has the
   * form of a key.
   */
  readonly secret?: string | readonly string[] | undefined;
}

/** From the last underscore on: it is far rarer in text than what may stand before it. */
const FROM_UNDERSCORE = /_[0-9A-Za-z]{8}-[0-9A-Za-z]{4}-[0-9A-Za-z]{4}-[0-9A-Za-z]{8}(?![0-9A-Za-z])/g;

const LENGTH_FROM_UNDERSCORE = 28;

/** The longest name before the last underscore: a prefix, an underscore, and an environment. */
const MAX_BEFORE_UNDERSCORE = 2 * MAX_NAME_LENGTH + 1;

/** The longest key: text that is read in pieces has to overlap by this. */
export const MAX_KEY_LENGTH = MAX_BEFORE_UNDERSCORE + LENGTH_FROM_UNDERSCORE;

/**
 * Creates a search for keys in texts: in files, logs, or what is about to be published. It keeps none of them.
 *
 * @throws KeywardError `invalid-option` for a secret that is too short
 *
 * @example
 * ```ts
 * const findKeys = createKeyFinder({ secret: process.env.KEYWARD_SECRET });
 * for (const { secret } of findKeys(logLine)) console.log(`leaked: ${secret}`); // leaked: prod_********-****-****-1a234b56
 * ```
 */
export function createKeyFinder(options: FindKeysOptions = {}): (text: string) => FoundKey[] {
  const signer = options.secret === undefined ? undefined : createSigner(checkSecrets(options.secret, true));
  const recognize = (candidate: string): ParsedKey | undefined => {
    const parsed = parseKey(candidate);
    if (parsed === undefined) return undefined;
    return signer === undefined || signer.issuedUnder(parsed) >= 0 ? parsed : undefined;
  };
  return (text) => {
    const found: FoundKey[] = [];
    for (const { index } of text.matchAll(FROM_UNDERSCORE)) {
      const end = index + LENGTH_FROM_UNDERSCORE;
      // Letters before a key may run into it. Only the secret can tell where it begins.
      for (let start = startOfNames(text, index); start < index; start += 1) {
        const parsed = recognize(text.slice(start, end));
        if (parsed === undefined) continue;
        found.push({ start, end, secret: new Secret(text.slice(start, end), maskKey(parsed)) });
        break;
      }
    }
    return found;
  };
}

/** Back from the last underscore over what a prefix and an environment may be made of. */
function startOfNames(text: string, underscore: number): number {
  const earliest = Math.max(0, underscore - MAX_BEFORE_UNDERSCORE);
  let start = underscore;
  while (start > earliest && /[a-z0-9_]/.test(text[start - 1] as string)) start -= 1;
  return start;
}
