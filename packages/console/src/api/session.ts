import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import type { ConsoleEnv } from "../app.ts";
import type { Settings } from "../options.ts";
import { isSignIn } from "../sign-in/sign-in.ts";
import { json, PROBLEMS } from "./answers.ts";
import { consoleRequest, requireActing } from "./authorized.ts";
import { notFound, problem } from "./problems.ts";
import { SessionSchema, SignInSchema } from "./schemas.ts";

const tags = ["Session"];

const get = createRoute({
  method: "get",
  path: "/session",
  operationId: "getSession",
  summary: "Says who is acting, and what new keys can be",
  tags,
  responses: { 200: json(SessionSchema, "Who is acting."), ...PROBLEMS },
});

const signIn = createRoute({
  method: "post",
  path: "/session",
  operationId: "signIn",
  summary: "Signs in with a password, where the console's own sign-in is used",
  tags,
  security: [],
  request: { body: { required: true, content: { "application/json": { schema: SignInSchema } } } },
  responses: { 204: { description: "Signed in: the answer sets a cookie." }, ...PROBLEMS },
});

const signOut = createRoute({
  method: "delete",
  path: "/session",
  operationId: "signOut",
  summary: "Signs out",
  tags,
  security: [],
  responses: { 204: { description: "Signed out." }, ...PROBLEMS },
});

export function addSessionRoutes(api: OpenAPIHono<ConsoleEnv>, settings: Settings): void {
  const { kw, authorize } = settings;

  api.openapi({ ...get, middleware: requireActing(settings) }, (context) => {
    const { actor, ownerId = null } = context.var.acting;
    const { environments, header, plans } = kw.configuration();
    return context.json(
      {
        actor,
        ownerId,
        canSignOut: isSignIn(authorize),
        environments: [...environments],
        header,
        plans: plans.map((plan) => ({ ...plan, limits: { ...plan.limits } })),
      },
      200,
    );
  });

  api.openapi(signIn, async (context) => {
    if (!isSignIn(authorize)) return notFound(context);
    const { password } = context.req.valid("json");
    const result = await authorize.signIn(consoleRequest(context), password);
    if (result.outcome === "throttled") {
      const seconds = Math.max(1, Math.ceil(result.retryAfterMs / 1000));
      context.header("retry-after", String(seconds));
      const detail = `Too many attempts from this address. Wait ${seconds} s, then try again.`;
      return problem(context, 429, "too-many-attempts", detail);
    }
    if (result.outcome === "refused") {
      return problem(context, 401, "wrong-password", "This is not the password.", {
        field: "password",
      });
    }
    context.header("set-cookie", result.cookie);
    return context.body(null, 204);
  });

  api.openapi(signOut, async (context) => {
    if (!isSignIn(authorize)) return notFound(context);
    context.header("set-cookie", await authorize.signOut(consoleRequest(context)));
    return context.body(null, 204);
  });
}
