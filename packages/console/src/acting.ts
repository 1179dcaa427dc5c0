import type { IncomingMessage } from "node:http";
import type { MaybePromise } from "@keyward/core";

/** Who uses the console, and of whom they may see and change the keys. */
export interface Acting {
  /** Stands in the audit trail for what they do. */
  readonly actor: string;
  /** Whose keys; those of all owners if left out. */
  readonly ownerId?: string;
}

/** A request to the console, as far as it says who makes it. */
export interface ConsoleRequest {
  readonly headers: Headers;
  readonly method: string;
  readonly url: string;
  /** The client's network address, by the framework's own trust settings; empty where it is not known. */
  readonly ip: string;
  readonly secure: boolean;
  /** The request as Node and the framework know it, with what they put there: a session, a user. */
  readonly node?: IncomingMessage;
}

/** Says who is acting, or `undefined` where nobody may. */
export interface Authorize {
  (request: ConsoleRequest): MaybePromise<Acting | undefined>;
}
