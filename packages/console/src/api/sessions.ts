import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import type { ConsoleEnv } from "../app.ts";
import type { ConsoleSettings } from "../options.ts";
import { isSignIn } from "../sign-in/sign-in.ts";
import { json, PROBLEMS } from "./answers.ts";
import { consoleRequest } from "./principal.ts";
import { notFound } from "./problems.ts";
import { SessionId, SessionListSchema } from "./schemas/sessions.ts";

const tags = ["Session"];

const list = createRoute({
  method: "get",
  path: "/sessions",
  operationId: "listSessions",
  summary: "Lists the sessions of everyone who is signed in, newest first",
  tags,
  responses: { 200: json(SessionListSchema, "The sessions."), ...PROBLEMS },
});

const end = createRoute({
  method: "delete",
  path: "/sessions/{id}",
  operationId: "endSession",
  summary: "Ends a session in every process",
  tags,
  request: { params: SessionId },
  responses: { 204: { description: "The session has ended." }, ...PROBLEMS },
});

/** Routes for the sessions in the store. They require a principal that may do everything. */
export function addSessionsRoutes(
  api: OpenAPIHono<ConsoleEnv>,
  { kw, authorize }: Pick<ConsoleSettings, "kw" | "authorize">,
): void {
  api.openapi(list, async (context) => {
    const sessions = await context.var.access.sessions.list();
    const own = isSignIn(authorize) ? await authorize.sessionOf(consoleRequest(context), kw) : undefined;
    const summaries = sessions.map(({ id, actor, address = null, userAgent = null, ...times }) => ({
      id,
      actor,
      address,
      userAgent,
      signedInAt: times.signedInAt.toISOString(),
      lastSeenAt: times.lastSeenAt.toISOString(),
      endsAt: times.endsAt.toISOString(),
      isCurrent: id === own?.id,
    }));
    return context.json({ sessions: summaries }, 200);
  });

  api.openapi(end, async (context) => {
    const hasEnded = await context.var.access.sessions.end(context.req.valid("param").id);
    return hasEnded ? context.body(null, 204) : notFound(context);
  });
}
