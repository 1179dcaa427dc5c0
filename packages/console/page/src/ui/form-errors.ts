import type { FieldValues, Path, UseFormSetError } from "react-hook-form";
import { explain, isProblem } from "../api/client.ts";

/**
 * Shows a failure at the field that caused it, and otherwise above the buttons of the form.
 *
 * @param fields the fields of the form, by the field of the API
 */
export function showFailure<T extends FieldValues>(
  error: unknown,
  setError: UseFormSetError<T>,
  fields: Readonly<Record<string, Path<T>>>,
): void {
  const field = isProblem(error) && error.field !== undefined ? fields[error.field] : undefined;
  const message = explain(error);
  if (field === undefined) setError("root", { message });
  else setError(field, { message: withoutField(message) }, { shouldFocus: true });
}

/** `limits.rate must be …` is about the field that it stands at. */
function withoutField(message: string): string {
  const text = message.replace(/^[\w.]+(?::| must)/, (start) => (start.endsWith(":") ? "" : "must")).trim();
  return text.charAt(0).toUpperCase() + text.slice(1);
}
