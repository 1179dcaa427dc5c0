import { createRoute, type OpenAPIHono, type z } from "@hono/zod-openapi";
import type { Access } from "@keyward/core";
import type { ConsoleEnv } from "../app.ts";
import type { ConsoleSettings } from "../options.ts";
import { isSignIn } from "../sign-in/sign-in.ts";
import { json, PROBLEMS } from "./answers.ts";
import { consoleRequest, requirePrincipal } from "./principal.ts";
import { notFound, problem } from "./problems.ts";
import { SessionSchema, SignInSchema } from "./schemas/session.ts";

const tags = ["Session"];

const get = createRoute({
  method: "get",
  path: "/session",
  operationId: "getSession",
  summary: "Returns the principal, its permissions, and the choices for new keys",
  tags,
  responses: { 200: json(SessionSchema, "The session."), ...PROBLEMS },
});

const signIn = createRoute({
  method: "post",
  path: "/session",
  operationId: "signIn",
  summary: "Signs in with a password, where the console's own sign-in is used",
  tags,
  security: [],
  request: { body: { required: true, content: { "application/json": { schema: SignInSchema } } } },
  responses: { 204: { description: "Signed in. The response sets a cookie." }, ...PROBLEMS },
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

export function addSessionRoutes(api: OpenAPIHono<ConsoleEnv>, settings: ConsoleSettings): void {
  const { kw, authorize, signOutUrl = null, brand = null, messages, locale, apiUrl = null } = settings;

  api.openapi({ ...get, middleware: requirePrincipal(settings) }, (context) => {
    const { access, actor } = context.var;
    const canSignOut = isSignIn(authorize);
    const page = { canSignOut, signOutUrl, brand, messages, locale, apiUrl };
    return context.json({ actor, ...page, ...sessionView(access) }, 200);
  });

  api.openapi(signIn, async (context) => {
    if (!isSignIn(authorize)) return notFound(context);
    const { password } = context.req.valid("json");
    const result = await authorize.signIn(consoleRequest(context), password, kw);
    if (result.outcome === "throttled") {
      const seconds = Math.max(1, Math.ceil(result.retryAfterMs / 1000));
      context.header("retry-after", String(seconds));
      const detail = `Too many sign-in attempts. Retry in ${seconds} s.`;
      return problem(context, 429, "too-many-attempts", detail);
    }
    if (result.outcome === "refused") {
      return problem(context, 401, "wrong-password", "Wrong password.", {
        field: "password",
      });
    }
    for (const cookie of result.cookies) context.header("set-cookie", cookie, { append: true });
    return context.body(null, 204);
  });

  api.openapi(signOut, async (context) => {
    if (!isSignIn(authorize)) return notFound(context);
    context.header("set-cookie", await authorize.signOut(consoleRequest(context), kw));
    return context.body(null, 204);
  });
}

function sessionView(
  access: Access,
): Omit<
  z.infer<typeof SessionSchema>,
  "actor" | "canSignOut" | "signOutUrl" | "brand" | "messages" | "locale" | "apiUrl"
> {
  const { environments, keyFrom, plans, scopes = null, keyPolicy } = access.configuration();
  return {
    level: access.level,
    ownerId: access.ownerId ?? null,
    permissions: permissionsView(access.grants),
    environments: [...environments],
    keyFrom: [...keyFrom],
    plans: plans.map((plan) => ({ ...plan })),
    scopes: scopes && { ...scopes },
    keyPolicy: { ...keyPolicy },
  };
}

function permissionsView({
  isUnrestricted,
  create,
  limits,
  ...flags
}: Access["grants"]): z.infer<typeof SessionSchema>["permissions"] {
  const choice = (names: readonly string[] | undefined, byDefault: string[] | null) =>
    names === undefined ? byDefault : [...names];
  const none = isUnrestricted ? null : [];
  return {
    ...flags,
    limits: limits ?? null,
    sessions: isUnrestricted,
    create:
      create === undefined
        ? null
        : {
            plans: choice(create.plans, none),
            scopes: choice(create.scopes, none),
            environments: choice(create.environments, null),
            maxKeys: create.maxKeys ?? null,
            maxLifetimeDays: create.maxLifetimeDays ?? null,
          },
  };
}
