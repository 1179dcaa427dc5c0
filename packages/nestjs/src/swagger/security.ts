import { applyDecorators } from "@nestjs/common";
import { ApiResponse, ApiSecurity, type DocumentBuilder } from "@nestjs/swagger";

/** The name of the security scheme in the document. */
const SCHEME = "api-key";

const PROBLEM = {
  "application/problem+json": {
    schema: {
      type: "object",
      required: ["type", "title", "status", "detail", "code"],
      properties: {
        type: { type: "string", format: "uri" },
        title: { type: "string" },
        status: { type: "integer" },
        detail: { type: "string" },
        code: { type: "string", description: "Stable: what a program decides by." },
      },
    },
  },
};

/**
 * Says in the OpenAPI document that a controller or a method asks for an API key, and how it refuses.
 *
 * @example
 * ```ts
 * @ApiKeySecurity()
 * @UseGuards(ApiKeyGuard)
 * @Controller("reports")
 * class ReportsController {}
 * ```
 */
export function ApiKeySecurity(): ClassDecorator & MethodDecorator {
  return applyDecorators(
    ApiSecurity(SCHEME),
    ApiResponse({ status: 401, description: "The API key is missing or not valid.", content: PROBLEM }),
    ApiResponse({
      status: 403,
      description: "Plain HTTP, or a scope that the key does not have.",
      content: PROBLEM,
    }),
    ApiResponse({
      status: 429,
      description: "A limit of the key is reached.",
      headers: { "Retry-After": { description: "Seconds to wait.", schema: { type: "integer" } } },
      content: PROBLEM,
    }),
  );
}

/**
 * Adds the security scheme that {@link ApiKeySecurity} refers to.
 *
 * @param header The header that `createKeyward` was given, if it was given one.
 *
 * @example
 * ```ts
 * const config = addApiKeySecurity(new DocumentBuilder().setTitle("Reports")).build();
 * ```
 */
export function addApiKeySecurity(builder: DocumentBuilder, header = "x-api-key"): DocumentBuilder {
  return builder.addApiKey(
    { type: "apiKey", in: "header", name: header, description: "Send it over HTTPS only." },
    SCHEME,
  );
}
