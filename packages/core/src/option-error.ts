import { KeywardError } from "./errors.ts";

/**
 * Rejects an option. Text is described by its length and never repeated, since it may be a secret: a connection URL with
 * a password, or a key in the wrong place.
 *
 * @throws KeywardError `invalid-option`: "`option` must be `expected`; got …."
 */
export function rejectOption(option: string, got: unknown, expected: string): never {
  throw optionError(option, expected, describe(got));
}

/** The same for a setting that never holds a secret, such as a mode: its text is shown, which helps to find the mistake. */
export function rejectSetting(option: string, got: unknown, expected: string): never {
  throw optionError(
    option,
    expected,
    typeof got === "string" ? JSON.stringify(got.slice(0, 60)) : describe(got),
  );
}

export function optionError(option: string, expected: string, got: string): KeywardError {
  return new KeywardError("invalid-option", `${option} must be ${expected}; got ${got}.`);
}

/**
 * Rejects options that would be silently ignored, such as misspelt ones.
 *
 * @throws KeywardError `invalid-option`, also for options that are not an object
 */
export function checkOptionNames(where: string, options: unknown, accepted: readonly string[]): void {
  if (typeof options !== "object" || options === null)
    rejectOption(`the argument of ${where}`, options, "an object of options");
  const unknown = Object.keys(options).find((name) => !accepted.includes(name));
  if (unknown === undefined) return;
  throw new KeywardError(
    "invalid-option",
    `${where} has no option "${unknown}"; its options are ${accepted.join(", ")}.`,
  );
}

function describe(value: unknown): string {
  if (typeof value === "string")
    return value === "" ? "an empty string" : `a string of ${value.length} characters`;
  if (typeof value === "function" || typeof value === "symbol") return `a ${typeof value}`;
  if (Array.isArray(value)) return value.length === 0 ? "an empty array" : "an array";
  return typeof value === "object" && value !== null ? "an object" : String(value);
}
