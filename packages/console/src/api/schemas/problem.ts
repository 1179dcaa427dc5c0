import { z } from "@hono/zod-openapi";

export const ProblemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string(),
    field: z.string().optional().openapi({ description: "The field that is wrong or not permitted." }),
    keyId: z.string().optional().openapi({ description: "The key that the same request created before." }),
    signIn: z
      .union([z.literal("password"), z.string(), z.null()])
      .optional()
      .openapi({ description: "How to sign in: `password`, or the address of a sign-in page." }),
  })
  .openapi("Problem");
