import { checkSecrets } from "../option-checks.ts";
import { maskKey, MAX_ENVIRONMENT_LENGTH, parseKey } from "./format.ts";
import { createSeal } from "./seal.ts";
import { Secret } from "./secret.ts";

/** Something in a text that has the form of a key. */
export interface FoundKey {
  /** Where it begins and ends, in UTF-16 code units of the text. */
  readonly start: number;
  readonly end: number;
  /** Prints as its masked form, so that a report does not leak it again. */
  readonly secret: Secret;
}

/** What `createKeyFinder()` takes for a key. */
export interface FindKeysOptions {
  /**
   * The deployment's secret, or several. With it only keys that were made under it are found, and nothing that
   * merely looks like one; without it, whatever has the form.
   */
  readonly secret?: string | readonly string[];
}

/** From the underscore on: it is far rarer in text than what may stand before it. */
const FROM_UNDERSCORE = /_[0-9A-Za-z]{8}-[0-9A-Za-z]{4}-[0-9A-Za-z]{4}-[0-9A-Za-z]{8}(?![0-9A-Za-z])/g;

const LENGTH_FROM_UNDERSCORE = 28;

/** The longest that a key can be: what is read in pieces has to overlap by this. */
export const MAX_KEY_LENGTH = MAX_ENVIRONMENT_LENGTH + LENGTH_FROM_UNDERSCORE;

/**
 * Makes a search for keys in texts: in files, logs, or what is about to be published. It keeps none of them.
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
  const seal = options.secret === undefined ? undefined : createSeal(checkSecrets(options.secret, true));
  const isKey = (candidate: string) => {
    const parsed = parseKey(candidate);
    return parsed !== undefined && (seal === undefined || seal.issuedUnder(parsed) >= 0) ? parsed : undefined;
  };
  return (text) => {
    const found: FoundKey[] = [];
    for (const { index } of text.matchAll(FROM_UNDERSCORE)) {
      const end = index + LENGTH_FROM_UNDERSCORE;
      // Letters before a key may run into it. Only the secret can tell where it begins.
      for (let start = startOfEnvironment(text, index); start < index; start += 1) {
        const parsed = isKey(text.slice(start, end));
        if (parsed === undefined) continue;
        const secret = new Secret(text.slice(start, end), maskKey(parsed.environment, parsed.tail));
        found.push({ start, end, secret });
        break;
      }
    }
    return found;
  };
}

/** Back from the underscore over what an environment's name may be made of. */
function startOfEnvironment(text: string, underscore: number): number {
  const earliest = Math.max(0, underscore - MAX_ENVIRONMENT_LENGTH);
  let start = underscore;
  while (start > earliest && /[a-z0-9]/.test(text[start - 1] as string)) start -= 1;
  return start;
}
