import type { RequestListener } from "node:http";
import type { Keyward } from "@keyward/core";

/** What an adapter's own test builds an application of. */
export interface AdapterSetup {
  readonly kw: Keyward;
  /** Whether the application trusts a proxy on this machine, and only there. */
  readonly trustLoopbackProxy: boolean;
}

/** An application that is ready to answer: the suite puts it on real sockets, with TLS and without. */
export interface TestApplication {
  readonly listener: RequestListener;
  /** Ends what the application opened itself, once nobody asks it any more. */
  close?(): Promise<unknown>;
}

/**
 * An adapter that is to be tested. Its application has these routes:
 *
 * - `GET /open`: without Keyward; 200 `{ "open": true }`
 * - `GET /hello`: any key; 200 `{ "hello": "<name of the key>" }`
 * - `POST /reports`: scope `reports:write`, cost 10; 201 `{ "made": true }`
 * - `GET /priced?cost=N`: what it costs is read from the request; 200 `{ "cost": N }`
 * - `GET /broken`: any key; the route throws, and the framework answers 500
 * - `GET /nested/inner`: under an outer mount without options, an inner one of scope `inner` and cost 3; 200
 * - `GET /nested/same`: under the same outer mount, an inner one without options; 200
 */
export interface AdapterUnderTest {
  readonly name: string;
  start(setup: AdapterSetup): TestApplication | Promise<TestApplication>;
}
