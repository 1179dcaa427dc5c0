import { applyDecorators } from "@nestjs/common";
import { ApiResponse, ApiSecurity, type DocumentBuilder } from "@nestjs/swagger";

/** The place in `keyFrom` that stands for `Authorization: Bearer <key>`. */
const BEARER = "bearer";

const DEFAULT_PLACES = ["x-api-key"];

/** The name of the security scheme of a place. */
function schemeOf(place: string, places: readonly string[]): string {
  return places.length === 1 ? "api-key" : `api-key-${place}`;
}

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
        code: { type: "string", description: "Stable, for programs." },
      },
    },
  },
};

/**
 * Documents that a controller or a method requires an API key, and how it refuses requests.
 *
 * @param keyFrom the option of `createKeyward`
 *
 * @example
 * ```ts
 * @ApiKeySecurity()
 * @UseGuards(ApiKeyGuard)
 * @Controller("reports")
 * class ReportsController {}
 * ```
 */
export function ApiKeySecurity(
  keyFrom: readonly string[] = DEFAULT_PLACES,
): ClassDecorator & MethodDecorator {
  return applyDecorators(
    ...keyFrom.map((place) => ApiSecurity(schemeOf(place, keyFrom))),
    ApiResponse({ status: 401, description: "The API key is missing or invalid.", content: PROBLEM }),
    ApiResponse({
      status: 403,
      description: "Plain HTTP, a scope that the key does not have, or an address that is not allowed.",
      content: PROBLEM,
    }),
    ApiResponse({
      status: 429,
      description: "A limit is exceeded.",
      headers: { "Retry-After": { description: "Seconds to wait.", schema: { type: "integer" } } },
      content: PROBLEM,
    }),
  );
}

/**
 * Adds the security schemes that {@link ApiKeySecurity} refers to: one for each place, any of which is enough.
 *
 * @param keyFrom the option of `createKeyward`
 *
 * @example
 * ```ts
 * const config = addApiKeySecurity(new DocumentBuilder().setTitle("Reports")).build();
 * ```
 */
export function addApiKeySecurity(
  builder: DocumentBuilder,
  keyFrom: readonly string[] = DEFAULT_PLACES,
): DocumentBuilder {
  const description = "Send it over HTTPS only.";
  for (const place of keyFrom) {
    const scheme = schemeOf(place, keyFrom);
    if (place === BEARER) builder.addBearerAuth({ type: "http", scheme: "bearer", description }, scheme);
    else builder.addApiKey({ type: "apiKey", in: "header", name: place, description }, scheme);
  }
  return builder;
}
