export { createClient, type Client, type ClientOptions } from "./client.ts";
export { ClientError, type ClientErrorCode } from "./errors.ts";
