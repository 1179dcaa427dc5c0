import type { Server as HttpServer } from "node:http";
import type { Server as HttpsServer } from "node:https";
import type { Keyward } from "@keyward/core";
import type { Certificate } from "./certificate.ts";

/** What an adapter's own test builds: an application of its framework with these routes, on real sockets. */
export interface AdapterSetup {
  readonly kw: Keyward;
  readonly certificate: Certificate;
  /** Whether the application trusts a proxy on this machine, and only there. */
  readonly trustLoopbackProxy: boolean;
}

/** The application while it listens, on free ports of 127.0.0.1. */
export interface RunningAdapter {
  readonly https: HttpsServer;
  readonly http: HttpServer;
  close(): Promise<void>;
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
  listen(setup: AdapterSetup): Promise<RunningAdapter>;
}
