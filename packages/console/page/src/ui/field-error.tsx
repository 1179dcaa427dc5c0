import { explain, isProblem } from "../api/client.ts";

/** What was wrong with one field of what was sent, where that is known. */
export function failureOf(failure: unknown, field: string): string | undefined {
  if (!isProblem(failure) || failure.field === undefined) return undefined;
  return failure.field === field || failure.field.startsWith(`${field}.`) ? failure.message : undefined;
}

/** What was wrong that is of none of the fields that are shown. */
export function FormError({
  failure,
  fields,
}: {
  readonly failure: unknown;
  readonly fields: readonly string[];
}) {
  const isElsewhere =
    failure === undefined || fields.some((field) => failureOf(failure, field) !== undefined);
  return (
    <p className="error" role="alert">
      {isElsewhere
        ? fields.map((field) => failureOf(failure, field)).find((text) => text !== undefined)
        : explain(failure)}
    </p>
  );
}
