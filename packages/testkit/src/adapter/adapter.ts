import type { RequestListener } from "node:http";
import type { Keyward } from "@keyward/core";
import type { TestRoute } from "./routes.ts";

/** What an adapter's test builds its application from. */
export interface AdapterSetup {
  readonly kw: Keyward;
  /** Whether the application trusts a proxy on this machine, and only there. */
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

/** What not every framework makes possible. */
export type AdapterFeature = "socket" | "errors" | "unread bodies";

/** An adapter that is tested. */
export interface AdapterUnderTest {
  readonly name: string;
  /**
   * What the adapter cannot know or do, by the nature of its framework. Rows that need it are left out.
   *
   * - `socket`: facts of the connection
   * - `errors`: the response to a handler that throws
   * - `unread bodies`: refusals before the body is read; Nest on Fastify runs guards after it was parsed
   */
  readonly lacks?: readonly AdapterFeature[];
  /** Starts an application with these routes, and with the adapter's response to `GET /me`. */
  start(setup: AdapterSetup): TestApplication | Promise<TestApplication>;
}
