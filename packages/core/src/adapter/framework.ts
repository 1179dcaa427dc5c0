import type { Connection } from "../admission/request.ts";

/** Reads the facts of a framework's requests. An adapter consists of this and a response writer. */
export interface Framework<Source> {
  /** Names the framework in messages. */
  readonly name: string;
  /** The setting by which the framework trusts proxies, for a warning: `app.set("trust proxy", …)`. */
  readonly proxySetting: string;
  /** The object that identifies the request in all adapters: Node's own request where there is one. */
  stateKeyOf(source: Source): object;
  methodOf(source: Source): string | undefined;
  /** A header by its lower-case name. An array where the framework keeps repeated headers apart. */
  headerOf(source: Source, name: string): string | readonly string[] | undefined;
  /** The names of all headers. */
  headerNamesOf(source: Source): readonly string[];
  /** True if the request came over HTTPS, by the framework's own trust settings. */
  isSecure(source: Source): boolean;
  /** The client's address, by the framework's own trust settings; empty if it is unknown. */
  addressOf(source: Source): string;
  /** Facts of the socket; `undefined` where they are unknown. */
  connectionOf(source: Source): Connection | undefined;
  /** The pattern of the route, as the default tag; `undefined` where it is unknown. */
  routeOf(source: Source): string | undefined;
}
