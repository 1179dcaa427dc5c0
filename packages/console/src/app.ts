import type { IncomingMessage } from "node:http";
import { OpenAPIHono } from "@hono/zod-openapi";
import type { Access } from "@keyward/core";
import { createMiddleware } from "hono/factory";
import { createApi } from "./api/api.ts";
import { answerError, notFound, problem } from "./api/problems.ts";
import type { ConsoleConnection } from "./node/connection.ts";
import type { ConsoleSettings } from "./options.ts";
import { servePage } from "./serve-page.ts";
import { refuseOtherOrigins } from "./security/same-origin.ts";
import { refusePlainHttp } from "./security/transport.ts";
import { secure } from "./security/headers.ts";

/** Facts about a request that the handlers of the console share. */
export interface ConsoleEnv {
  readonly Bindings: {
    readonly connection: ConsoleConnection;
    /** The path of the request, including the one that the console is mounted at. */
    readonly path: string;
    readonly node?: IncomingMessage;
    /** True if the Host and the target of the request are not a URL. */
    readonly isUnreadable?: boolean;
  };
  readonly Variables: {
    /** The principal's name. */
    actor: string;
    /** Access of the signed-in principal. The API uses nothing else. */
    access: Access;
  };
}

const refuseUnreadable = createMiddleware<ConsoleEnv>(async (context, next) => {
  if (context.env.isUnreadable !== true) return next();
  return problem(context, 400, "invalid-input", "The Host header or the request target is not valid.");
});

/** The page and its API, as one application. Every response passes the same security checks. */
export function createApp(settings: ConsoleSettings): OpenAPIHono<ConsoleEnv> {
  const app = new OpenAPIHono<ConsoleEnv>({
    // The listener knows where it is mounted, which the request may no longer say.
    getPath: (_request, options) => (options as { env: ConsoleEnv["Bindings"] }).env.path,
  });
  app.use(secure(settings));
  app.use(refusePlainHttp(settings.requireHttps));
  app.use(refuseUnreadable);
  app.use(refuseOtherOrigins(settings.origin));
  app.onError(answerError);
  app.notFound(notFound);
  const { basePath } = settings;
  app.get(basePath, (context) => context.redirect(`${basePath}/`, 308));
  app.route(`${basePath}/api`, createApi(settings));
  servePage(app, settings);
  return app;
}
