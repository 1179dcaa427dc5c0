import type { z } from "@hono/zod-openapi";
import { ProblemSchema } from "./schemas.ts";

/** How routes describe their answers. */
export function json<Schema extends z.ZodType>(schema: Schema, description: string) {
  return { description, content: { "application/json": { schema } } };
}

/** The problems that any route can answer with. */
export const PROBLEMS = {
  "4XX": {
    description: "What was wrong with the request.",
    content: { "application/problem+json": { schema: ProblemSchema } },
  },
  "5XX": {
    description: "The server or its key store failed.",
    content: { "application/problem+json": { schema: ProblemSchema } },
  },
} as const;

export const ETAG = {
  etag: { description: "The key's revision, for `If-Match`.", schema: { type: "string" as const } },
};
