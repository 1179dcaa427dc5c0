import { FORMAT } from "./script.ts";

/**
 * The hash tag of a subject: the part before its first `|`, or the whole subject. Redis Cluster keeps subjects with the same
 * tag on one node, so that one script can charge them.
 */
export function tagOf(subject: string): string {
  const end = subject.indexOf("|");
  return end < 0 ? subject : subject.slice(0, end);
}

/** The name of the key that holds a subject. */
export function keyOf(prefix: string, subject: string): string {
  const tag = tagOf(subject);
  return `${prefix}${FORMAT}:{${encode(tag)}}${subject.slice(tag.length)}`;
}

/** The name of the key that tells when processes return to Redis; of the subjects with a tag, or of all. */
export function returnKeyOf(prefix: string, tag: string | undefined): string {
  return tag === undefined ? `${prefix}returning` : `${prefix}returning:{${encode(tag)}}`;
}

const ESCAPES: Readonly<Record<string, string>> = { "\\": "\\\\", "{": "\\(", "}": "\\)" };

/** Braces would end the tag, and an empty tag is not a tag. Different tags stay different. */
function encode(tag: string): string {
  if (tag === "") return "\\-";
  return /[{}\\]/.test(tag) ? tag.replaceAll(/[{}\\]/g, (character) => ESCAPES[character] as string) : tag;
}
