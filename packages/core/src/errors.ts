/** Every code that a {@link KeywardError} can carry. Stable: `switch` on it. */
export type KeywardErrorCode =
  | "invalid-option"
  | "invalid-input"
  | "key-not-found"
  | "key-revoked"
  | "key-conflict"
  | "store-unavailable"
  | "store-corrupt"
  | "store-read-only"
  | "store-full"
  | "store-schema-newer"
  | "limiter-full"
  | "limiter-unavailable"
  | "closed";

/**
 * The one error class that Keyward throws: for a mistake in options or input, an act that cannot be
 * done, or a dependency that is broken. A refused request is not an error but a `Decision`.
 *
 * @example
 * ```ts
 * try {
 *   await kw.keys.regenerate(id);
 * } catch (error) {
 *   if (error instanceof KeywardError && error.code === "key-conflict") return "somebody was faster";
 *   throw error;
 * }
 * ```
 */
export class KeywardError extends Error {
  readonly code: KeywardErrorCode;

  constructor(code: KeywardErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "KeywardError";
    this.code = code;
  }
}
