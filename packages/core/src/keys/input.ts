import { isDate } from "node:util/types";
import { KeywardError } from "../errors.ts";
import { normalizeAddress } from "../http/address.ts";
import { checkLimits, type Limits } from "../limits/limits.ts";
import { isDigestOfGuessableKey } from "./guessable-keys.ts";
import type { Metadata } from "./record.ts";

/** A scope as it stands in code and problem documents: `reports:write`. No spaces or quotes. */
const SCOPE = /^[\w.:/*-]{1,100}$/;
const MAX_TEXT_LENGTH = 200;
const MAX_METADATA_LENGTH = 8192;

/**
 * Characters that change how the text around them is read, or that nobody sees: control and format characters (among them
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
  const shown = typeof got === "string" ? quote(got) : Array.isArray(got) ? "an array" : String(got);
  throw new KeywardError("invalid-input", `${field}: got ${shown}, wants ${wants}.`, { field });
}

/** A name, owner or id that people entered: visible text, not too long. */
export function checkText(value: unknown, field: string): string {
  if (
    typeof value !== "string" ||
    value.trim() === "" ||
    value.length > MAX_TEXT_LENGTH ||
    INVISIBLE.test(value)
  ) {
    fail(field, value, `text of 1 to ${MAX_TEXT_LENGTH} characters without control or invisible characters`);
  }
  return value;
}

/**
 * The network address of whoever acts, in its normal form. `null` for text that is not an address: what a proxy wrote
 * must not keep an administrator from revoking a key.
 */
export function checkAddress(value: unknown): string | null {
  if (typeof value !== "string" || value.trim() === "") fail("address", value, "a network address");
  return normalizeAddress(value) ?? null;
}

/** The SHA-256 of a key, as hexadecimal digits or base64url; gives it as the former. */
export function checkSha256(value: unknown): string {
  const sha256 = readSha256(value);
  // What it got is not repeated: it may be the key itself.
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

/** The visible end of a key that was issued elsewhere. */
export function checkHint(value: unknown): string {
  if (typeof value !== "string" || !/^[\x21-\x7e]{1,8}$/.test(value)) {
    throw new KeywardError("invalid-input", "hint: wants the last 1 to 8 characters of the key.", {
      field: "hint",
    });
  }
  return value;
}

export function checkScopes(value: unknown): readonly string[] {
  if (!Array.isArray(value) || value.length > 100) fail("scopes", value, "an array of at most 100 scopes");
  for (const scope of value) {
    if (typeof scope !== "string" || !SCOPE.test(scope)) {
      fail("scopes", scope, "scopes of 1 to 100 letters, digits and . : / * _ - such as reports:write");
    }
  }
  return Object.freeze([...new Set(value as string[])]);
}

export function checkExpiry(value: unknown, now: number): number {
  const at = isDate(value) ? value.getTime() : Number.NaN;
  if (!Number.isFinite(at)) fail("expiresAt", value, "a Date");
  if (at <= now) fail("expiresAt", (value as Date).toISOString(), "a time that is still to come");
  return at;
}

export function checkMetadata(value: unknown): Metadata {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    fail("metadata", value, "an object");
  let json: string;
  try {
    json = JSON.stringify(value);
  } catch {
    fail("metadata", "something circular or a BigInt", "what JSON can hold");
  }
  if (json.length > MAX_METADATA_LENGTH) {
    fail("metadata", `${json.length} characters of JSON`, `at most ${MAX_METADATA_LENGTH}`);
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

export function checkRevision(value: unknown): number | undefined {
  if (value === undefined) return undefined;
  if (!Number.isInteger(value) || (value as number) < 1 || (value as number) > MAX_REVISION)
    fail("ifRevision", value, `a whole number from 1 to ${MAX_REVISION}`);
  return value as number;
}

export function checkKeyLimits(value: unknown): Limits {
  try {
    return checkLimits(value, "limits");
  } catch (error) {
    throw error instanceof KeywardError
      ? new KeywardError("invalid-input", error.message, { field: "limits" })
      : error;
  }
}

/** How many entries a page may hold. */
export function checkPageSize(value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 1 || (value as number) > 1000) {
    fail("limit", value, "a whole number from 1 to 1000");
  }
  return value as number;
}

/** Refuses fields that would be silently ignored. */
export function checkFields(input: object, known: readonly string[], where: string): void {
  for (const name of Object.keys(input)) {
    if (!known.includes(name)) {
      throw new KeywardError(
        "invalid-input",
        `${where}: has no field "${name}"; there are ${known.join(", ")}.`,
        { field: name },
      );
    }
  }
}
