/** A key taken apart. Only its `tail` may ever be shown again. */
export interface ParsedKey {
  /** `prod` in `prod_Q3v9ZkT1-x8Lm-0RaB-1a234b56`. */
  readonly environment: string;
  /** Everything before the last hyphen: what the tail is computed from. */
  readonly body: string;
  /** The last eight characters: a label that people may see. */
  readonly tail: string;
}

/** The longest name of an environment. */
export const MAX_ENVIRONMENT_LENGTH = 16;

/** What an environment may be called: `prod`, `test`, `eu1`. */
export const ENVIRONMENT = /^[a-z][a-z0-9]{0,15}$/;

/** No valid `x-api-key` value is longer; what is longer is refused unread. */
export const MAX_PRESENTED_LENGTH = 256;

const KEY = /^(([a-z][a-z0-9]{0,15})_[0-9A-Za-z]{8}-[0-9A-Za-z]{4}-[0-9A-Za-z]{4})-([0-9A-Za-z]{8})$/;

/**
 * Takes a presented key apart, or gives `undefined` if it has not the form
 * `<environment>_<8>-<4>-<4>-<8>`. Says nothing of whether the key exists.
 */
export function parseKey(presented: string): ParsedKey | undefined {
  const match = KEY.exec(presented);
  if (match === null) return undefined;
  const [, body, environment, tail] = match as unknown as [string, string, string, string];
  return { environment, body, tail };
}

/** The part of a key before its tail, from an environment and 16 random characters. */
export function keyBody(environment: string, random: string): string {
  return `${environment}_${random.slice(0, 8)}-${random.slice(8, 12)}-${random.slice(12, 16)}`;
}

/** The same of a key that was issued elsewhere: its end, or a label made of its digest where that is not known. */
export function maskImported(label: string): string {
  return `********${label}`;
}

/** The only form in which a key is ever listed, logged or displayed again. */
export function maskKey(environment: string, tail: string): string {
  return `${environment}_********-****-****-${tail}`;
}

const KEYS_IN_TEXT = /([a-z][a-z0-9]{0,15})_[0-9A-Za-z]{8}-[0-9A-Za-z]{4}-[0-9A-Za-z]{4}-([0-9A-Za-z]{8})/g;

/** Masks whatever has the form of a key in a text that people will read, such as a key that was passed in place of an id. */
export function maskKeys(text: string): string {
  return text.replace(KEYS_IN_TEXT, (_key, environment: string, tail: string) => maskKey(environment, tail));
}
