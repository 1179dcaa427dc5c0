export { createClient, type Client, type ClientOptions, type TypedResponse } from "./client.ts";
export { ClientError, DailyQuotaExhausted, type ClientErrorCode } from "./errors.ts";
export type { LimitState } from "./limit-fields.ts";
