import { MAX_PRESENTED_LENGTH } from "../keys/format.ts";
import type { AdmissionRequest } from "./request.ts";

/** A header that is there but cannot hold one key: empty, too long, or sent more than once. */
export const UNUSABLE = Symbol("unusable");

/**
 * What the client presented as its key, or `undefined` if it sent no such header. Node joins a header
 * that came twice with a comma, which no key contains; the form refuses it.
 */
export function presentedKey(
  request: AdmissionRequest,
  header: string,
): string | undefined | typeof UNUSABLE {
  const value = request.header(header);
  if (value === undefined) return undefined;
  if (typeof value !== "string") return value.length === 1 ? onlyOne(value[0]) : UNUSABLE;
  return onlyOne(value);
}

function onlyOne(value: string | undefined): string | typeof UNUSABLE {
  return value === undefined || value.length === 0 || value.length > MAX_PRESENTED_LENGTH ? UNUSABLE : value;
}
