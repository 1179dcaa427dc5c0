import type { z } from "@hono/zod-openapi";
import { ProblemSchema } from "./schemas/problem.ts";

/** The description of a JSON response. */
export function json<Schema extends z.ZodType>(schema: Schema, description: string) {
  return { description, content: { "application/json": { schema } } };
}

/** The problems that any route can return. */
export const PROBLEMS = {
  "4XX": {
    description: "The request was refused.",
    content: { "application/problem+json": { schema: ProblemSchema } },
  },
  "5XX": {
    description: "The server or its key store failed.",
    content: { "application/problem+json": { schema: ProblemSchema } },
  },
} as const;

export const ETAG = {
  etag: { description: "The revision, for `If-Match`.", schema: { type: "string" as const } },
};
