/** Every code that a {@link ClientError} can have. Stable: `switch` on it. */
export type ClientErrorCode =
  | "invalid-option"
  | "not-https"
  | "other-origin"
  | "redirected"
  | "body-not-replayable"
  | "deadline-exceeded"
  | "quota-exhausted"
  | "unexpected-response";

/** A request that was not sent, not followed, or not retried. */
export class ClientError extends Error {
  readonly code: ClientErrorCode;
  /** The section of this package's ERRORS.md that explains the code. */
  readonly help: string;

  constructor(code: ClientErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = "ClientError";
    this.code = code;
    this.help = `@keyward/client/ERRORS.md#${code}`;
  }
}

/** A quota that is used up for longer than the call's deadline. */
export class QuotaExhaustedError extends ClientError {
  /** The name of the policy that the server published; empty if it has no name. */
  readonly policy: string;
  /** The time at which the server accepts requests again. */
  readonly resetAt: Date;

  constructor(policy: string, resetAt: Date) {
    const name = policy === "" ? "The quota" : `The quota "${policy}"`;
    super("quota-exhausted", `${name} is used up until ${resetAt.toISOString()}.`);
    this.name = "QuotaExhaustedError";
    this.policy = policy;
    this.resetAt = resetAt;
  }
}
