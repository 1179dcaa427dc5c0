import { z } from "@hono/zod-openapi";

/** The format allows for more in places: a space in place of the T, or leap seconds. */
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:[0-5]\d(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/;
export const Time = z.iso
  .datetime({ offset: true })
  .regex(TIME)
  .openapi({ format: "date-time", pattern: TIME.source, example: "2026-05-01T12:00:00.000Z" });

export const FutureTime = Time.openapi({ description: "In the future, and before the year 10000." });

/** Text up to a length. OpenAPI counts code points, where JavaScript's `length` counts UTF-16 units. */
export function text(maxLength: number) {
  return z
    .string()
    .refine((value) => value.length <= maxLength || [...value].length <= maxLength, {
      message: `must have at most ${maxLength} characters`,
    })
    .openapi({ maxLength });
}

/** Not blank, and without control, format and invisible characters. */
const NAME =
  /^(?=[^]*\S)(?:(?![\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}])(?:[\uFE0E\uFE0F]|\P{Default_Ignorable_Code_Point}))+$/u;
export const Name = text(200)
  .refine((value) => NAME.test(value), "must not be blank or contain control or invisible characters")
  .openapi({ minLength: 1, pattern: NAME.source });

export const PageSize = z.int().min(1).max(1000).optional();
export const PageSizeQuery = z.coerce.number().int().min(1).max(1000).optional();

/** Validated but not copied: a copy would lose a field named `__proto__`. */
export const MetadataSchema = z
  .custom<Record<string, unknown>>(
    (value) => typeof value === "object" && value !== null && !Array.isArray(value),
    "must be an object",
  )
  .openapi({
    type: "object",
    additionalProperties: true,
    description: "Any JSON by name, at most 8192 characters of it; never interpreted.",
  });
