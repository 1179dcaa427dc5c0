import { helpOf } from "./help.ts";
import { maskKeys } from "./keys/format.ts";

/** Codes of a {@link KeywardError}. Stable. */
export type KeywardErrorCode =
  | "invalid-option"
  | "invalid-input"
  | "not-permitted"
  | "key-not-found"
  | "key-revoked"
  | "key-conflict"
  | "key-changed"
  | "owner-not-found"
  | "owner-changed"
  | "already-created"
  | "secret-mismatch"
  | "audit-damaged"
  | "store-unavailable"
  | "store-corrupt"
  | "store-read-only"
  | "store-full"
  | "store-schema-newer"
  | "store-schema-older"
  | "limiter-full"
  | "limiter-unavailable"
  | "not-admitted";

/** The fields that errors of a code have in addition. */
export interface KeywardErrorFields {
  "already-created": {
    /** The key that the first request created. */
    readonly keyId: string;
  };
  "invalid-input": {
    /** The invalid field, for a form to show the message there. */
    readonly field?: string;
  };
  "not-permitted": {
    /** The field that is not permitted. */
    readonly field?: string;
  };
}

/** The fields of errors of one code, or of any of several. */
export type FieldsOf<Code extends KeywardErrorCode> = Code extends keyof KeywardErrorFields
  ? KeywardErrorFields[Code]
  : unknown;

/** Marks errors across copies of this package: an application can load its ES module and its CommonJS build. */
const BRAND = Symbol.for("@keyward/core KeywardError");

/**
 * The error class of Keyward: for invalid options or input, an operation that is not possible, or a broken dependency. A refused request is
 * not an error but a `Decision`.
 *
 * @example
 * ```ts
 * try {
 *   await kw.keys.rotate(id);
 * } catch (error) {
 *   if (KeywardError.is(error, "key-conflict")) return "already rotated";
 *   throw error;
 * }
 * ```
 */
export class KeywardError extends Error {
  readonly code: KeywardErrorCode;
  /** The section that explains the code: a file of this package, and an anchor. */
  readonly help: string;
  /** The invalid or forbidden field, if the code is `invalid-input` or `not-permitted`. */
  declare readonly field?: string;
  /** The key that was created before, if the code is `already-created`. */
  declare readonly keyId?: string;

  constructor(
    code: KeywardErrorCode,
    message: string,
    options: { readonly cause?: unknown; readonly field?: string; readonly keyId?: string } = {},
  ) {
    super(maskKeys(message), "cause" in options ? { cause: options.cause } : undefined);
    this.name = "KeywardError";
    this.code = code;
    this.help = helpOf(code);
    if (options.field !== undefined) this.field = options.field;
    if (options.keyId !== undefined) this.keyId = options.keyId;
    Object.defineProperty(this, BRAND, { value: true });
  }

  /** True for a `KeywardError` of any copy of this package and, if a code is given, of that code. */
  static is<Code extends KeywardErrorCode = KeywardErrorCode>(
    error: unknown,
    code?: Code,
  ): error is KeywardError & { readonly code: Code } & FieldsOf<Code> {
    return error instanceof KeywardError && (code === undefined || error.code === code);
  }

  /** `instanceof` also recognizes errors of another copy of this package. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    // A class that extends this one has only its own instances.
    if (this !== KeywardError) return Function.prototype[Symbol.hasInstance].call(this, value);
    return typeof value === "object" && value !== null && BRAND in value;
  }
}
