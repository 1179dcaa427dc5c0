export { createClient, type Client, type TypedResponse } from "./client.ts";
export { ClientError, QuotaExhaustedError, type ClientErrorCode } from "./errors.ts";
export type { KeyEnding } from "./key-ending.ts";
export type { KeyLimits, KeyState, KeyUsage } from "./key-state.ts";
export type { LimitState } from "./limit-fields.ts";
export type { ClientOptions } from "./options.ts";
