import { once } from "node:events";
import { createServer as createHttpServer, type RequestListener } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo, Server } from "node:net";
import type { ServerCertificate } from "./self-signed.ts";
import type { Environment } from "./environment.ts";

/** Time for requests in progress to finish after a stop signal. */
const DRAIN_MS = 10_000;

export interface SampleServers {
  readonly httpsPort: number;
  readonly httpPort: number;
  /** Stops accepting requests, and resolves when those in progress have finished. */
  drain(): Promise<void>;
}

/** Listens for HTTPS, and for plain HTTP to show that it is refused. */
export async function listen(
  app: RequestListener,
  certificate: ServerCertificate,
  environment: Environment,
): Promise<SampleServers> {
  const https = createHttpsServer(certificate, app);
  const http = createHttpServer(app);
  const { host } = environment;
  const httpsPort = await open(https, host, environment.httpsPort);
  const httpPort = await open(http, host, environment.httpPort);

  async function drain(): Promise<void> {
    const forceful = setTimeout(() => {
      https.closeAllConnections();
      http.closeAllConnections();
    }, DRAIN_MS);
    await Promise.all([https, http].map((server) => new Promise((closed) => server.close(closed))));
    clearTimeout(forceful);
  }
  return { httpsPort, httpPort, drain };
}

async function open(server: Server, host: string, port: number): Promise<number> {
  server.listen(port, host);
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}
