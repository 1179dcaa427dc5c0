import type { IncomingMessage } from "node:http";
import { OpenAPIHono } from "@hono/zod-openapi";
import type { Acting } from "./acting.ts";
import { createApi } from "./api/api.ts";
import { answerError, notFound } from "./api/problems.ts";
import type { Connection } from "./connection.ts";
import type { Settings } from "./options.ts";
import { servePage } from "./serve-page.ts";
import { refuseOtherOrigins } from "./security/same-origin.ts";
import { refusePlainHttp } from "./security/transport.ts";
import { secured } from "./security/headers.ts";

/** What the handlers of the console know of a request. */
export interface ConsoleEnv {
  readonly Bindings: {
    readonly connection: Connection;
    /** Of the request, with where the console is mounted. */
    readonly path: string;
    readonly node?: IncomingMessage;
  };
  readonly Variables: { acting: Acting };
}

/** The page and its API, as one application. Every answer goes through the same security. */
export function createApp(settings: Settings): OpenAPIHono<ConsoleEnv> {
  const app = new OpenAPIHono<ConsoleEnv>({
    // The listener knows where it is mounted, which the request may no longer say.
    getPath: (_request, options) => (options as { env: ConsoleEnv["Bindings"] }).env.path,
  });
  app.use(secured);
  app.use(refusePlainHttp(settings.requireHttps));
  app.use(refuseOtherOrigins);
  app.onError(answerError);
  app.notFound(notFound);
  const { basePath } = settings;
  app.get(basePath, (context) => context.redirect(`${basePath}/`, 308));
  app.route(`${basePath}/api`, createApi(settings));
  servePage(app, settings);
  return app;
}
