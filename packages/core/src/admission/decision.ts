import type { ApiKey } from "../keys/record.ts";
import type { Problem } from "./refusals.ts";

/** Response headers, by the names to send them under. */
export type ResponseHeaders = Readonly<Record<string, string>>;

/** The request goes on, with these headers on its response. */
export interface Admitted {
  readonly admitted: true;
  readonly key: ApiKey;
  readonly headers: ResponseHeaders;
}

/** The request is answered with `status`, these headers and `problem` as the JSON body. */
export interface Refused {
  readonly admitted: false;
  readonly status: number;
  readonly problem: Problem;
  readonly headers: ResponseHeaders;
}

/** What `kw.admit` says of a request. A verdict is a value; only a broken set-up throws. */
export type Decision = Admitted | Refused;
