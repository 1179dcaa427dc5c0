const count = { type: "integer" } as const;
const counts = { type: "object", additionalProperties: count } as const;
const time = { type: "string", format: "date-time" } as const;
const text = { type: "string" } as const;

const limits = {
  limits: { type: "object", additionalProperties: true },
  remaining: { ...counts, description: "Whole requests that each policy would admit now." },
  resetSeconds: { ...counts, description: "Seconds until each policy is whole again if nothing else comes." },
} as const;

const usage = {
  type: "object",
  required: ["since", "admitted", "cost", "refused", "refusedBy", "tags"],
  properties: {
    since: time,
    admitted: count,
    cost: count,
    refused: count,
    refusedBy: { ...counts, description: "Refused requests by policy." },
    tags: {
      type: "array",
      items: {
        type: "object",
        required: ["admitted", "cost", "refused"],
        properties: { tag: text, admitted: count, cost: count, refused: count },
      },
    },
  },
} as const;

const problem = (description: string) =>
  ({ description, content: { "application/problem+json": { schema: { type: "object" } } } }) as const;

/**
 * `GET <base>/me` as a path item of an OpenAPI 3.1 document: `paths: { "/v1/me": ME_OPENAPI }`. The security scheme of the document is to
 * apply to it.
 */
export const ME_OPENAPI = {
  get: {
    operationId: "getMe",
    summary: "Returns the state of the API key of this request",
    description: "The request counts in the limits sustained and burst, and not in quotas.",
    responses: {
      200: {
        description: "The key, its limits and its usage.",
        content: {
          "application/json": {
            schema: {
              type: "object",
              required: ["key", "plan", "limits", "remaining", "resetSeconds"],
              properties: {
                key: {
                  type: "object",
                  required: ["id", "name", "masked", "environment", "scopes", "createdAt", "isRotated"],
                  properties: {
                    id: text,
                    name: text,
                    masked: text,
                    environment: text,
                    scopes: { type: "array", items: text },
                    createdAt: time,
                    expiresAt: time,
                    isRotated: { type: "boolean", description: "Whether another key has replaced it." },
                  },
                },
                plan: text,
                ...limits,
                usage: {
                  type: "object",
                  required: ["today", "month"],
                  properties: {
                    today: usage,
                    month: usage,
                    yesterday: {
                      type: "object",
                      required: ["day", "refusedByPace", "avoidable", "requestsPerSecond", "refusedByQuota"],
                      properties: {
                        day: { type: "string", format: "date" },
                        refusedByPace: count,
                        avoidable: {
                          ...count,
                          description: "Refusals that an even pace would have avoided.",
                        },
                        requestsPerSecond: { type: "number", description: "That pace." },
                        refusedByQuota: count,
                      },
                    },
                  },
                },
                owner: {
                  type: "object",
                  required: ["id", "limits", "remaining", "resetSeconds"],
                  properties: {
                    id: text,
                    ...limits,
                    usage: {
                      type: "object",
                      required: ["today", "month"],
                      properties: { today: usage, month: usage },
                    },
                  },
                },
              },
            },
          },
        },
      },
      401: problem("The request has no valid API key."),
      403: problem("The key may not be used from this address, or not over plain HTTP."),
      429: problem("The requests come too fast."),
      503: problem("The key or its limits could not be checked."),
    },
  },
} as const;
