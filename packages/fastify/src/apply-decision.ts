import type { Decision } from "@keyward/core";
import type { FastifyReply, FastifyRequest } from "fastify";
import { rememberDecision } from "./decision-of.ts";

/** Puts a decision on the reply. Gives whether the request goes on; if not, it has been answered. */
export function applyDecision(decision: Decision, request: FastifyRequest, reply: FastifyReply): boolean {
  const { headers } = decision;
  for (const name in headers) reply.header(name, headers[name]);
  if (decision.admitted) {
    request.apiKey = decision.key;
    rememberDecision(request, decision);
    return true;
  }
  // Bytes, since Fastify adds a charset to the content type of text.
  reply.status(decision.status).send(Buffer.from(JSON.stringify(decision.problem)));
  return false;
}
