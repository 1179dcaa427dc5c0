import { OpenAPIHono } from "@hono/zod-openapi";
import { bodyLimit } from "hono/body-limit";
import type { ConsoleEnv } from "../app.ts";
import { MAX_BODY_BYTES } from "../node/read-body.ts";
import type { ConsoleSettings } from "../options.ts";
import { addAuditRoutes } from "./audit.ts";
import { describeApi, OPENAPI } from "./document.ts";
import { addKeyRoutes } from "./keys.ts";
import { notAllowed, problem, tooLarge } from "./problems.ts";
import { addOverviewRoute } from "./overview.ts";
import { addOwnerRoutes } from "./owners.ts";
import { addPauseRoutes } from "./pauses.ts";
import { requirePrincipal } from "./principal.ts";
import { addResetRoutes } from "./resets.ts";
import { addRotateRoute } from "./rotate.ts";
import { addSearchRoutes } from "./search.ts";
import { addSessionRoutes } from "./session.ts";
import { addSessionsRoutes } from "./sessions.ts";
import { addUsageRoutes } from "./usage.ts";

/** The admin API: a router whose routes carry their schemas, from which the OpenAPI document is made. */
export function createApi(settings: ConsoleSettings): OpenAPIHono<ConsoleEnv> {
  const api = new OpenAPIHono<ConsoleEnv>({
    defaultHook(result, context) {
      if (result.success) return undefined;
      const [issue] = result.error.issues;
      const field = issue?.code === "unrecognized_keys" ? issue.keys[0] : issue?.path.join(".");
      const where = field === undefined || field === "" ? {} : { field };
      const detail = `${field === "" ? "The request" : field}: ${issue?.message ?? "is not valid"}.`;
      return problem(context, 400, "invalid-input", detail, where);
    },
  });
  api.use(
    bodyLimit({
      maxSize: MAX_BODY_BYTES,
      onError: tooLarge,
    }),
  );
  describeApi(api);
  addSessionRoutes(api, settings);
  api.use(requirePrincipal(settings));
  addKeyRoutes(api);
  addSearchRoutes(api, settings);
  addRotateRoute(api);
  addPauseRoutes(api);
  addOwnerRoutes(api);
  addResetRoutes(api);
  addUsageRoutes(api);
  addOverviewRoute(api, settings.refusals);
  addAuditRoutes(api);
  addSessionsRoutes(api, settings);
  refuseOtherMethods(api);
  return api;
}

/** Responds to methods that a path does not have. Comes after its routes, which are asked first. */
function refuseOtherMethods(api: OpenAPIHono<ConsoleEnv>): void {
  const methods = new Map([["/openapi.json", ["GET", "HEAD"]]]);
  for (const definition of api.openAPIRegistry.definitions) {
    if (definition.type !== "route") continue;
    const path = definition.route.path.replaceAll(/\{(\w+)\}/g, ":$1");
    const method = definition.route.method.toUpperCase();
    methods.set(path, [...(methods.get(path) ?? []), ...(method === "GET" ? ["GET", "HEAD"] : [method])]);
  }
  for (const [path, allowed] of methods) api.all(path, (context) => notAllowed(context, allowed));
}

/** The OpenAPI 3.1 document of the admin API, as `api/openapi.json` gives it: for generating clients. */
export function openApiDocument(): object {
  const unused = {
    kw: undefined as never,
    refusals: undefined as never,
    authorize: () => undefined,
    signInUrl: undefined,
    signOutUrl: undefined,
    origin: undefined,
    brand: undefined,
    messages: {},
    locale: "en",
    frameAncestors: [],
    apiUrl: undefined,
  };
  const api = createApi({ ...unused, basePath: "/admin", requireHttps: "always" });
  return api.getOpenAPI31Document(OPENAPI);
}
