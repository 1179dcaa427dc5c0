import type { RequestListener } from "node:http";
import type { Keyward } from "@keyward/core";
import type { TestRoute } from "./routes.ts";

/** Parameters of the application in an adapter's test. */
export interface AdapterSetup {
  readonly kw: Keyward;
  /** True if the application trusts a proxy on this machine, and only there. */
  readonly trustLoopbackProxy: boolean;
  /** The routes of the application. */
  readonly routes: readonly TestRoute[];
}

/** An application that is ready to respond: the suite puts it on real sockets, with TLS and without. */
export interface TestApplication {
  readonly listener: RequestListener;
  /** Releases what the application opened itself, after the last request. */
  close?(): Promise<unknown>;
}

/** Capabilities that only some frameworks have. */
export type AdapterFeature = "socket" | "errors" | "unread bodies";

/** An adapter that is tested. */
export interface AdapterUnderTest {
  readonly name: string;
  /**
   * Limitations that the framework imposes on the adapter. Rows that need it are left out.
   *
   * - `socket`: facts of the connection
   * - `errors`: the response to a handler that throws
   * - `unread bodies`: refusals before the body is read; Nest on Fastify runs guards after it was parsed
   */
  readonly lacks?: readonly AdapterFeature[];
  /** Starts an application with these routes, and with the adapter's response to `GET /me`. */
  start(setup: AdapterSetup): TestApplication | Promise<TestApplication>;
}
