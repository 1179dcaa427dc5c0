/** What the server last said of one of its limits. */
export interface LimitState {
  /** The policy's name; empty where the server gives it none. */
  readonly name: string;
  /** Requests in a window. */
  readonly quota: number;
  readonly windowMs: number;
  readonly remaining: number;
  /** When the limit is whole again. */
  readonly resetAt: Date;
}

/** The latest time that a Date can hold, in milliseconds since the epoch. */
const LATEST_MS = 8.64e15;

/** As structured fields have them (RFC 9651, section 3.3.1), and none below zero. */
const INTEGER = /^\d{1,15}$/;

/** Parts between separators that are not in quotes. In one pass, since whoever answers may write what is slow otherwise. */
function split(text: string, separator: string): string[] {
  const parts: string[] = [];
  let start = 0;
  let quoted = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (character === '"') quoted = !quoted;
    else if (quoted && character === "\\") index += 1;
    else if (!quoted && character === separator) {
      parts.push(text.slice(start, index).trim());
      start = index + 1;
    }
  }
  parts.push(text.slice(start).trim());
  return parts;
}

/** The items of a structured list, each with its parameters: `"burst";r=3;t=1, …` and the older `100;w=60`. */
function itemsOf(field: string | null): Map<string, Record<string, string>> {
  const items = new Map<string, Record<string, string>>();
  for (const item of field === null ? [] : split(field, ",")) {
    const [value = "", ...parameters] = split(item, ";");
    const name = value.startsWith('"') ? value.slice(1, -1).replaceAll(/\\(["\\])/g, "$1") : value;
    items.set(name, pairsOf(parameters));
  }
  return items;
}

function pairsOf(texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const [name = "", value = ""] = text.split("=", 2);
      return [name, value];
    }),
  );
}

/**
 * Reads the limits of a response: `RateLimit` and `RateLimit-Policy` as in draft-ietf-httpapi-ratelimit-headers from the
 * eighth on (a list of named policies), as in the seventh (`limit=100, remaining=3, reset=20`), or as in the sixth (a field
 * each). What cannot be read is left out.
 */
export function readLimits(headers: Headers, now: number): LimitState[] {
  const policies = itemsOf(headers.get("ratelimit-policy"));
  const field = headers.get("ratelimit");
  if (field === null || /(?:^|[\s,])remaining=/.test(field)) return readOlder(headers, field, policies, now);
  const limits: LimitState[] = [];
  for (const [name, { r, t }] of itemsOf(field)) {
    const { q, w } = policies.get(name) ?? {};
    limits.push(...limitOf(name, q, w, r, t, now));
  }
  return limits;
}

function readOlder(
  headers: Headers,
  field: string | null,
  policies: Map<string, Record<string, string>>,
  now: number,
): LimitState[] {
  const said = pairsOf(split(field ?? "", ","));
  const get = (name: string) => said[name] ?? headers.get(`ratelimit-${name}`) ?? undefined;
  // One policy, whose name is its quota.
  const [[quota, { w }] = ["", {} as Record<string, string>]] = policies;
  return limitOf("", get("limit") ?? quota, w, get("remaining"), get("reset"), now);
}

function limitOf(
  name: string,
  quota: string | undefined,
  windowSeconds: string | undefined,
  remaining: string | undefined,
  resetSeconds: string | undefined,
  now: number,
): LimitState[] {
  const [q, w, r, t] = [quota, windowSeconds, remaining, resetSeconds].map((text) =>
    text !== undefined && INTEGER.test(text) ? Number(text) : Number.NaN,
  ) as [number, number, number, number];
  if (!(q > 0 && w > 0 && r >= 0 && t >= 0)) return [];
  const resetAt = new Date(Math.min(now + t * 1000, LATEST_MS));
  return [{ name, quota: q, windowMs: w * 1000, remaining: r, resetAt }];
}

/** Milliseconds that a Retry-After field asks for, in seconds or as a date; `undefined` if it asks for nothing. */
export function retryAfterMs(field: string | null, now: number): number | undefined {
  if (field === null) return undefined;
  const text = field.trim();
  if (/^\d+$/.test(text)) return Math.min(Number(text) * 1000, LATEST_MS);
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
