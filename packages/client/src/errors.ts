/** Every code that a {@link ClientError} can carry. Stable: `switch` on it. */
export type ClientErrorCode =
  | "invalid-option"
  | "not-https"
  | "other-origin"
  | "redirected"
  | "body-not-replayable"
  | "deadline-exceeded"
  | "daily-quota-exhausted";

/** A request that was not sent, not followed, or not sent again. */
export class ClientError extends Error {
  readonly code: ClientErrorCode;
  /** The file that explains the code, beside the installed package. */
  readonly help: string;

  constructor(code: ClientErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "ClientError";
    this.code = code;
    this.help = `node_modules/@keyward/client/errors/${code}.md`;
  }
}

/** The day's requests are spent, and waiting for the next day is not for a client to decide. */
export class DailyQuotaExhausted extends ClientError {
  /** When there are requests again. */
  readonly resetAt: Date;

  constructor(resetAt: Date) {
    super(
      "daily-quota-exhausted",
      `The requests of this key for today are spent; there are new ones at ${resetAt.toISOString()}.`,
    );
    this.name = "DailyQuotaExhausted";
    this.resetAt = resetAt;
  }
}
