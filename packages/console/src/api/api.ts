import { OpenAPIHono } from "@hono/zod-openapi";
import { bodyLimit } from "hono/body-limit";
import type { ConsoleEnv } from "../app.ts";
import type { Settings } from "../options.ts";
import { addAuditRoute } from "./audit.ts";
import { requireActing } from "./authorized.ts";
import { describeApi, OPENAPI } from "./document.ts";
import { addKeyRoutes } from "./keys.ts";
import { problem } from "./problems.ts";
import { addReplaceRoutes } from "./replace.ts";
import { addSessionRoutes } from "./session.ts";
import { addUsageRoute } from "./usage.ts";

const LARGEST_BODY = 64 * 1024;

/** The admin API: a router whose routes carry their schemas, from which the OpenAPI document is made. */
export function createApi(settings: Settings): OpenAPIHono<ConsoleEnv> {
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
      maxSize: LARGEST_BODY,
      onError: (context) => problem(context, 413, "too-large", "A body may have 64 KB."),
    }),
  );
  describeApi(api);
  addSessionRoutes(api, settings);
  api.use(requireActing(settings));
  addKeyRoutes(api, settings);
  addReplaceRoutes(api, settings);
  addUsageRoute(api, settings);
  addAuditRoute(api, settings);
  return api;
}

/** The OpenAPI 3.1 document of the admin API, as `api/openapi.json` gives it: for generating clients. */
export function openApiDocument(): object {
  const unused = { kw: undefined as never, authorize: () => undefined, signInUrl: undefined };
  const api = createApi({ ...unused, basePath: "/admin", requireHttps: "always" });
  return api.getOpenAPI31Document(OPENAPI);
}
