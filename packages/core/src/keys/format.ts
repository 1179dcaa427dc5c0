/** A key taken apart. Only its `checksum` may ever be shown again. */
export interface ParsedKey {
  /** `acme` in `acme_prod_Q3v9ZkT1-x8Lm-0RaB-1a234b56`; `undefined` for a key without a prefix. */
  readonly prefix: string | undefined;
  /** `prod` in `prod_Q3v9ZkT1-x8Lm-0RaB-1a234b56`. */
  readonly environment: string;
  /** Everything before the last hyphen: what the checksum is computed from. */
  readonly body: string;
  /** The last eight characters: a label that people may see. */
  readonly checksum: string;
}

/** The longest name of an environment, and the longest prefix. */
export const MAX_NAME_LENGTH = 16;

/** The form of the name of an environment, and of a prefix: `prod`, `test`, `eu1`. */
export const NAME = /^[a-z][a-z0-9]{0,15}$/;

/** No valid key is longer; a longer value is rejected unread. */
export const MAX_PRESENTED_LENGTH = 256;

const KEY =
  /^((?:([a-z][a-z0-9]{0,15})_)?([a-z][a-z0-9]{0,15})_[0-9A-Za-z]{8}-[0-9A-Za-z]{4}-[0-9A-Za-z]{4})-([0-9A-Za-z]{8})$/;

/**
 * Takes a presented key apart. `undefined` if it does not have the form `<environment>_<8>-<4>-<4>-<8>`, with or without
 * `<prefix>_` before it. Says nothing about whether the key exists.
 */
export function parseKey(presented: string): ParsedKey | undefined {
  const match = KEY.exec(presented);
  if (match === null) return undefined;
  const [, body = "", prefix, environment = "", checksum = ""] = match;
  return { prefix, environment, body, checksum };
}

/** The first part of a key, with its prefix where it has one. */
function withPrefix(prefix: string | undefined, environment: string): string {
  return prefix === undefined ? environment : `${prefix}_${environment}`;
}

/** The part of a key before its checksum, from 16 random characters. */
export function keyBody(prefix: string | undefined, environment: string, random: string): string {
  return `${withPrefix(prefix, environment)}_${random.slice(0, 8)}-${random.slice(8, 12)}-${random.slice(12, 16)}`;
}

/** The only form in which a key is ever listed, logged or displayed again. */
export function maskKey({ prefix, environment, checksum }: Omit<ParsedKey, "body">): string {
  return `${withPrefix(prefix, environment)}_********-****-****-${checksum}`;
}

/** The same for a key that was issued elsewhere: its end, or a label made of its digest where that is not known. */
export function maskImported(label: string): string {
  return `********${label}`;
}

const KEYS_IN_TEXT =
  /(?:([a-z][a-z0-9]{0,15})_)?([a-z][a-z0-9]{0,15})_[0-9A-Za-z]{8}-[0-9A-Za-z]{4}-[0-9A-Za-z]{4}-([0-9A-Za-z]{8})/g;

/** Masks everything that has the form of a key in a text that people will read, such as a key that was passed in place of an id. */
export function maskKeys(text: string): string {
  return text.replace(
    KEYS_IN_TEXT,
    (_key, prefix: string | undefined, environment: string, checksum: string) =>
      maskKey({ prefix, environment, checksum }),
  );
}
