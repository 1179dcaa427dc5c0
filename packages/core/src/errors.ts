import { helpOf } from "./help.ts";
import { maskKeys } from "./keys/format.ts";

/** Every code that a {@link KeywardError} can carry. Stable: `switch` on it. */
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

/**
 * The one error class that Keyward throws: for a mistake in options or input, an act that cannot be
 * done, or a dependency that is broken. A refused request is not an error but a `Decision`.
 *
 * @example
 * ```ts
 * try {
 *   await kw.keys.rotate(id);
 * } catch (error) {
 *   if (error instanceof KeywardError && error.code === "key-conflict") return "somebody was faster";
 *   throw error;
 * }
 * ```
 */
export class KeywardError extends Error {
  readonly code: KeywardErrorCode;
  /** The file that explains the code, beside the installed package. */
  readonly help: string;
  /** The field of the input that is wrong, where it is `invalid-input` or `not-permitted`. */
  declare readonly field?: string;
  /** The key that was made before, where it is `already-created`. */
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
  }
}
