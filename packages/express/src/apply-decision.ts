import type { Decision } from "@keyward/core";
import type { Request, Response } from "express";
import { rememberDecision } from "./decision-of.ts";

/** Puts a decision on the response. Gives whether the request goes on; if not, it has been answered. */
export function applyDecision(decision: Decision, request: Request, response: Response): boolean {
  const { headers } = decision;
  for (const name in headers) response.setHeader(name, headers[name] as string);
  if (decision.admitted) {
    rememberDecision(request, decision);
    return true;
  }
  response.statusCode = decision.status;
  response.end(JSON.stringify(decision.problem));
  return false;
}
