import { once } from "node:events";
import { createServer as createHttpServer, type Server as HttpServer } from "node:http";
import { createServer as createHttpsServer, type Server as HttpsServer } from "node:https";
import { routeUpgrades } from "@keyward/core/upgrades";
import type { TestApplication } from "./adapter.ts";
import type { Certificate } from "./certificate.ts";

/** An application on free ports of 127.0.0.1. */
export interface Servers {
  readonly https: HttpsServer;
  readonly http: HttpServer;
  close(): Promise<void>;
}

export async function serve(application: TestApplication, certificate: Certificate): Promise<Servers> {
  const https = createHttpsServer(certificate, application.listener);
  const http = createHttpServer(application.listener);
  for (const server of [https, http]) {
    routeUpgrades(server);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
  }
  return {
    https,
    http,
    async close() {
      for (const server of [https, http]) {
        server.closeAllConnections();
        server.close();
        await once(server, "close");
      }
      await application.close?.();
    },
  };
}
