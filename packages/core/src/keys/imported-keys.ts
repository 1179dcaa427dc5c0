/** The form of keys that were issued elsewhere: validation and use of the option `importedKeys`. */
import { isRegExp } from "node:util/types";
import { optionError, rejectOption } from "../option-error.ts";
import { MAX_PRESENTED_LENGTH } from "./format.ts";
import { backtracks } from "./probe-pattern.ts";

/** A shorter key could be guessed, whatever the pattern allows. */
const MIN_IMPORTED_LENGTH = 16;
const MIN_DISTINCT_CHARACTERS = 5;

/** True if a presented value may be a key that was issued elsewhere. Only then is it looked up. */
export function isImportedForm(pattern: RegExp, presented: string): boolean {
  return (
    presented.length >= MIN_IMPORTED_LENGTH &&
    presented.length <= MAX_PRESENTED_LENGTH &&
    new Set(presented).size >= MIN_DISTINCT_CHARACTERS &&
    pattern.test(presented)
  );
}

/**
 * Checks the option. The result matches whole values only, even where the anchors of the pattern belong to one of its
 * alternatives, and gives the same result each time: `g` and `y` would make it remember where it was.
 *
 * @throws KeywardError `invalid-option`
 */
export function checkImportedKeys(value: unknown): RegExp | undefined {
  if (value === undefined) return undefined;
  const expected = "a regular expression such as /^sk_live_\\w{32}$/";
  if (!isRegExp(value)) rejectOption("importedKeys", value, expected);
  const { source, flags } = value;
  if (!source.startsWith("^") || !/(?<!\\)(?:\\\\)*\$$/.test(source)) {
    throw optionError("importedKeys", `${expected}, with ^ at its beginning and $ at its end`, "one without");
  }
  const pattern = new RegExp(`^(?:${source})$`, flags.replace(/[gmy]/g, ""));
  if (backtracks(pattern)) {
    const linear = "a pattern that is decided in linear time, since clients choose the text";
    throw optionError("importedKeys", linear, "one that backtracks, such as one with nested repetitions");
  }
  return pattern;
}
