/** The maximum number of tags of an owner, or of a key without an owner. Requests with further tags are counted under `other`. */
export const MAX_TAGS = 50;

/** The tag of requests whose own tag is over the limit. */
export const OTHER_TAG = "other";

const MAX_TAG_LENGTH = 100;

/** True if a text can be a tag as it is. */
export function isTag(value: unknown): value is string {
  return typeof value === "string" && value.length > 0 && value.length <= MAX_TAG_LENGTH;
}

/** A tag as a store can keep it. Patterns of routes can have any length and any characters. */
export function toTag(text: unknown): string | undefined {
  if (typeof text !== "string" || text === "") return undefined;
  return text.slice(0, MAX_TAG_LENGTH).replaceAll(/[\p{Cc}\p{Cs}]/gu, "?");
}
