/** Every code that a {@link ClientError} can carry. */
export type ClientErrorCode = "invalid-option" | "not-https" | "other-origin" | "redirected";

/** A request that was not sent, or not followed, because the key would not have been safe. */
export class ClientError extends Error {
  readonly code: ClientErrorCode;

  constructor(code: ClientErrorCode, message: string) {
    super(message);
    this.name = "ClientError";
    this.code = code;
  }
}
