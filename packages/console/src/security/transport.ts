import { createMiddleware } from "hono/factory";
import { isLoopback } from "@keyward/core";
import type { ConsoleEnv } from "../app.ts";
import { problem } from "../api/problems.ts";
import type { Settings } from "../options.ts";

/** Refuses plain HTTP, over which anyone on the way could read a new key or a session. */
export function refusePlainHttp(requireHttps: Settings["requireHttps"]) {
  return createMiddleware<ConsoleEnv>(async (context, next) => {
    const { secure, ip } = context.env.connection;
    const may = secure || requireHttps === "never" || (requireHttps === "not-on-loopback" && isLoopback(ip));
    return may ? next() : problem(context, 403, "https-required", "The console answers over HTTPS only.");
  });
}
