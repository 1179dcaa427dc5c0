import { createMiddleware } from "hono/factory";
import { meetsHttps, type HttpsPolicy } from "@keyward/core/adapter";
import type { ConsoleEnv } from "../app.ts";
import { problem } from "../api/problems.ts";

/** Refuses plain HTTP, over which others could read a new key or a session. */
export function refusePlainHttp(requireHttps: HttpsPolicy) {
  return createMiddleware<ConsoleEnv>(async (context, next) => {
    if (meetsHttps(requireHttps, context.env.connection)) return next();
    return problem(context, 403, "https-required", "The console is available over HTTPS only.");
  });
}
