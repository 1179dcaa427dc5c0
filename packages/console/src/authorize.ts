import type { IncomingMessage } from "node:http";
import type { Keyward, MaybePromise, Principal } from "@keyward/core";

/** A request to the console, for deciding who makes it. */
export interface ConsoleRequest {
  readonly headers: Headers;
  readonly method: string;
  readonly url: string;
  /** The client's network address, by the framework's own trust settings; empty if it is not known. */
  readonly ip: string;
  readonly secure: boolean;
  /** Node's request, with the fields that the framework and other middleware have set, such as a session. */
  readonly node?: IncomingMessage;
}

/**
 * Returns the principal that makes a request, as `kw.as` takes it; `undefined` or `null` if no one is signed in. Without an
 * `address` the principal gets that of the request.
 */
export interface Authorize {
  (request: ConsoleRequest, kw: Keyward): MaybePromise<Principal | undefined | null>;
}
