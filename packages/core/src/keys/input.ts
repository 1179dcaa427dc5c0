import { isDate } from "node:util/types";
import { normalizeAddress } from "../addresses/normalize-address.ts";
import { KeywardError } from "../errors.ts";
import type { Metadata } from "../json.ts";
import { isDigestOfGuessableKey } from "./guessable-keys.ts";

const MAX_TEXT_LENGTH = 200;
const MAX_METADATA_LENGTH = 8192;

/**
 * Characters that are invisible or change how the text around them is displayed: control and format characters (among them
 * bidirectional ones and those without width), line separators, halves of surrogate pairs and fillers. The two that choose
 * between a symbol and its emoji are fine.
 */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]|(?![\uFE0E\uFE0F])\p{Default_Ignorable_Code_Point}/u;
const ALL_INVISIBLE = new RegExp(INVISIBLE, "gu");

/** The beginning of a text in quotes, with what would be invisible in an error message as escapes. */
function quote(text: string): string {
  const escape = (character: string) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
  return JSON.stringify(text.slice(0, 60)).replace(ALL_INVISIBLE, escape);
}

function fail(field: string, got: unknown, wants: string): never {
  const text = typeof got === "string" ? quote(got) : Array.isArray(got) ? "an array" : String(got);
  throw new KeywardError("invalid-input", `${field} must be ${wants}; got ${text}.`, { field });
}

/**
 * Returns whether a value is visible text, not blank, of at most 200 characters. PostgreSQL cannot store the character NUL, and UTF-8
 * has no unpaired surrogates.
 */
export function isText(value: unknown): value is string {
  return isTextUpTo(MAX_TEXT_LENGTH, value);
}

function isTextUpTo(maxLength: number, value: unknown): value is string {
  return (
    typeof value === "string" &&
    value.trim() !== "" &&
    (value.length <= maxLength || [...value].length <= maxLength) &&
    !INVISIBLE.test(value)
  );
}

/** Checks a name, an owner or an actor. */
export function checkText(value: unknown, field: string, maxLength = MAX_TEXT_LENGTH): string {
  if (!isTextUpTo(maxLength, value)) {
    fail(field, value, `text of 1 to ${maxLength} characters without control or invisible characters`);
  }
  return value;
}

/** Checks the SHA-256 of a key, in hexadecimal digits or base64url, and returns it as the former. */
export function checkSha256(value: unknown): string {
  const sha256 = readSha256(value);
  // The value is not repeated: it may be the key itself.
  if (sha256 === undefined) {
    throw new KeywardError(
      "invalid-input",
      "sha256 must be the SHA-256 of a key, as 64 hexadecimal digits or 43 characters of base64url.",
      { field: "sha256" },
    );
  }
  if (isDigestOfGuessableKey(sha256)) {
    throw new KeywardError(
      "invalid-input",
      "sha256 must not be that of a key which is short or easy to guess; imported keys have at least 16 characters.",
      { field: "sha256" },
    );
  }
  return sha256;
}

function readSha256(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  if (/^[0-9a-f]{64}$/i.test(value)) return value.toLowerCase();
  return /^[\w-]{43}=?$/.test(value) ? Buffer.from(value, "base64url").toString("hex") : undefined;
}

/**
 * Checks the network address of an actor, and returns its normal form. `null` for text that is not an address: what a proxy wrote
 * must not keep an administrator from revoking a key.
 */
export function checkAddress(value: unknown): string | null {
  if (typeof value !== "string" || value.trim() === "") fail("address", value, "a network address");
  return normalizeAddress(value) ?? null;
}

/** Checks the visible end of a key that was issued elsewhere. */
export function checkHint(value: unknown): string {
  if (typeof value !== "string" || !/^[\x21-\x7e]{1,8}$/.test(value)) {
    throw new KeywardError("invalid-input", "hint must be the last 1 to 8 characters of the key.", {
      field: "hint",
    });
  }
  return value;
}

/** The last moment that RFC 3339, and so the admin API, can express. */
export const MAX_TIME_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/** Checks a future time, and returns it as milliseconds since the epoch. */
export function checkFutureDate(value: unknown, field: string, now: number): number {
  const at = isDate(value) ? value.getTime() : Number.NaN;
  if (!Number.isFinite(at)) fail(field, value, "a valid Date");
  if (at <= now) fail(field, (value as Date).toISOString(), "in the future");
  if (at > MAX_TIME_MS) fail(field, (value as Date).toISOString(), "before the year 10000");
  return at;
}

export function checkMetadata(value: unknown): Metadata {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    fail("metadata", value, "an object");
  let json: string;
  try {
    json = JSON.stringify(value);
  } catch {
    fail("metadata", "a circular structure or a BigInt", "a value that JSON can represent");
  }
  if (json.length > MAX_METADATA_LENGTH) {
    fail(
      "metadata",
      `${json.length} characters of JSON`,
      `at most ${MAX_METADATA_LENGTH} characters of JSON`,
    );
  }
  return Object.freeze(JSON.parse(json) as Metadata);
}

export function checkChoice(value: unknown, field: string, choices: readonly string[]): string {
  if (typeof value !== "string" || !choices.includes(value))
    fail(field, value, `one of ${choices.join(", ")}`);
  return value;
}

export function checkDuration(value: unknown, field: string): number {
  if (typeof value !== "number" || !Number.isFinite(value) || value < 0)
    fail(field, value, "milliseconds, 0 or more");
  return value;
}

/** The largest revision that every store can hold. */
const MAX_REVISION = 2 ** 31 - 1;

/** Checks the revision that a change is meant for. */
export function checkRevision(value: unknown): number | undefined {
  if (value === undefined) return undefined;
  if (!Number.isInteger(value) || (value as number) < 1 || (value as number) > MAX_REVISION)
    fail("ifRevision", value, `a whole number from 1 to ${MAX_REVISION}`);
  return value as number;
}

/** Checks how many entries a page may have. */
export function checkPageSize(value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 1 || (value as number) > 1000) {
    fail("limit", value, "a whole number from 1 to 1000");
  }
  return value as number;
}

/** Checks that the input of a call is an object. */
export function checkObject(value: unknown, call: string, content: string): void {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return;
  throw new KeywardError("invalid-input", `${call}: the input must be an object with ${content}.`);
}

/** Rejects fields that would be silently ignored. */
export function checkFields(input: object, accepted: readonly string[], where: string): void {
  for (const name of Object.keys(input)) {
    if (!accepted.includes(name)) {
      throw new KeywardError(
        "invalid-input",
        `${where}: unknown field "${name}"; there are ${accepted.join(", ")}.`,
        { field: name },
      );
    }
  }
}

/** Checks a choice of yes or no. */
export function checkBoolean(value: unknown, field: string): boolean {
  return typeof value === "boolean" ? value : fail(field, value, "true or false");
}

/** Checks a time, and returns it as milliseconds since the epoch. */
export function checkTime(value: unknown, field: string): number {
  const time = isDate(value) ? value.getTime() : Number.NaN;
  if (Number.isNaN(time)) fail(field, value, "a valid Date");
  return time;
}
