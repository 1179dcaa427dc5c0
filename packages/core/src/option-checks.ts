/** How each option of `createKeyward` is checked. All throw `invalid-option`. */
import { randomBytes } from "node:crypto";
import { isDate } from "node:util/types";
import { KeywardError } from "./errors.ts";
import { EVENT_NAMES, type KeywardListeners } from "./events.ts";
import { ENVIRONMENT } from "./keys/format.ts";
import { isThenable } from "./maybe-promise.ts";
import { optionError, rejectOption, rejectSetting } from "./option-error.ts";
import type { KeywardOptions, Settings } from "./options.ts";

const MIN_SECRET_BYTES = 32;
const HOW_TO_MAKE_ONE = "Make one with: node -p 'crypto.randomBytes(32).toString(\"base64url\")'";

/** Headers of which Node keeps only the first when several are sent, so that a second key would go unseen. */
const SINGLE_VALUE_HEADERS = new Set([
  "authorization",
  "proxy-authorization",
  "host",
  "cookie",
  "from",
  "referer",
  "user-agent",
]);

export function checkSecrets(value: unknown, durable: boolean): [string, ...string[]] {
  if (value === undefined) {
    // Without a durable store no key outlives the process, so neither need its secret.
    if (!durable) return [randomBytes(MIN_SECRET_BYTES).toString("base64url")];
    throw new KeywardError(
      "invalid-option",
      `secret is missing. The key store is durable, and without the same secret no key works after a restart. ${HOW_TO_MAKE_ONE}`,
    );
  }
  const secrets: unknown[] = Array.isArray(value) ? value : [value];
  if (secrets.length === 0) rejectOption("secret", value, "a string or an array of strings");
  for (const secret of secrets) {
    if (typeof secret !== "string") rejectOption("secret", secret, "a string or an array of strings");
    // The line break at the end of a mounted file would make another secret of it, under which no key is valid.
    if (secret !== secret.trim()) {
      throw optionError("secret", "without white space at its beginning and end", "one with some");
    }
    const bytes = Buffer.byteLength(secret);
    if (bytes < MIN_SECRET_BYTES) {
      const { message } = optionError("secret", `at least ${MIN_SECRET_BYTES} bytes`, String(bytes));
      throw new KeywardError("invalid-option", `${message} ${HOW_TO_MAKE_ONE}`);
    }
  }
  return secrets as [string, ...string[]];
}

export function checkPort<T>(
  option: string,
  value: unknown,
  methods: readonly (keyof T & string)[],
  example: string,
): T {
  if (isThenable(value)) throw optionError(option, "awaited before it is passed", "a promise");
  const port = value as Record<string, unknown> | null;
  const missing = methods.find((name) => typeof value !== "object" || typeof port?.[name] !== "function");
  if (missing !== undefined) rejectOption(option, value, `an object with ${missing}(), such as ${example}`);
  return value as T;
}

export function checkNumber(option: string, value: unknown, least: number): number {
  if (!Number.isSafeInteger(value) || (value as number) < least)
    rejectSetting(option, value, `a whole number from ${least}`);
  return value as number;
}

export function checkBoolean(option: string, value: unknown): boolean {
  if (typeof value !== "boolean") rejectSetting(option, value, "true or false");
  return value;
}

export function checkEnvironments(value: unknown): readonly [string, ...string[]] {
  if (!Array.isArray(value) || value.length === 0)
    rejectSetting("environments", value, 'an array of names such as ["prod"]');
  for (const name of value) {
    if (typeof name !== "string" || !ENVIRONMENT.test(name)) {
      rejectSetting(
        "environments",
        name,
        "names of 1 to 16 lower-case letters and digits that begin with a letter",
      );
    }
  }
  return Object.freeze([...value]) as unknown as readonly [string, ...string[]];
}

export function checkHeader(value: unknown, option = "header"): string {
  if (typeof value !== "string" || !/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(value))
    rejectSetting(option, value, "a header name");
  const header = value.toLowerCase();
  if (SINGLE_VALUE_HEADERS.has(header)) {
    rejectSetting(
      option,
      value,
      "a header that Node does not shorten to its first value when it is sent twice, such as x-api-key",
    );
  }
  return header;
}

export function checkHttps(value: unknown): Settings["requireHttps"] {
  if (typeof value === "boolean") return value ? "always" : "never";
  const allow = (value as { allowLoopback?: unknown } | null)?.allowLoopback;
  if (typeof allow !== "boolean")
    rejectSetting("requireHttps", value, "true, false or { allowLoopback: true }");
  return allow ? "not-on-loopback" : "always";
}

/** Until when revocations of plaintext keys were confirmed, in milliseconds; `undefined` if none is to be revoked. */
export function checkPlaintextKeys(value: unknown, now: number): number | undefined {
  if (value === "refuse") return undefined;
  if (value === "revoke") return Number.NEGATIVE_INFINITY;
  const { revoke, confirmedUntil } = (value ?? {}) as { revoke?: unknown; confirmedUntil?: unknown };
  if (revoke !== true || !isDate(confirmedUntil)) {
    rejectSetting("onPlaintextKey", value, '"refuse", "revoke" or { revoke: true, confirmedUntil: Date }');
  }
  // A time to come would confirm what nobody has seen yet.
  if (!(confirmedUntil.getTime() <= now)) {
    rejectSetting("onPlaintextKey.confirmedUntil", String(confirmedUntil), "a time in the past");
  }
  return confirmedUntil.getTime();
}

export function checkAttempts(
  value: NonNullable<KeywardOptions["failedAttempts"]>,
): Settings["failedAttempts"] {
  if (value === false) return undefined;
  if (typeof value !== "object")
    rejectSetting("failedAttempts", value, "{ limit, windowMs, maxClients } or false");
  return {
    limit: checkNumber("failedAttempts.limit", value.limit ?? 20, 1),
    windowMs: checkNumber("failedAttempts.windowMs", value.windowMs ?? 60_000, 1000),
    maxClients: checkNumber("failedAttempts.maxClients", value.maxClients ?? 100_000, 1),
  };
}

export function checkCache(value: unknown): Settings["cache"] {
  if (typeof value !== "object" || value === null)
    rejectSetting("cache", value, "{ lifetimeMs, staleForMs, maxKeys }");
  const { lifetimeMs, staleForMs, maxKeys } = value as Partial<Settings["cache"]>;
  return {
    lifetimeMs: checkNumber("cache.lifetimeMs", lifetimeMs ?? 5000, 0),
    staleForMs: checkNumber("cache.staleForMs", staleForMs ?? 300_000, 0),
    maxKeys: checkNumber("cache.maxKeys", maxKeys ?? 100_000, 1),
  };
}

/** The days that usage is kept. */
export function checkUsage(value: unknown): number {
  if (typeof value !== "object" || value === null) rejectSetting("usage", value, "{ keepDays }");
  return checkNumber("usage.keepDays", (value as { keepDays?: unknown }).keepDays ?? 400, 1);
}

export function checkListeners(value: unknown): KeywardListeners {
  if (typeof value !== "object" || value === null)
    rejectOption("events", value, "an object of listeners by event name");
  for (const [name, listener] of Object.entries(value)) {
    if (!(EVENT_NAMES as readonly string[]).includes(name))
      rejectSetting("events", name, `names of events: ${EVENT_NAMES.join(", ")}`);
    if (typeof listener !== "function") rejectOption(`events["${name}"]`, listener, "a function");
  }
  return value;
}

/** Text that can stand in a header between quotes. */
export function checkQuotable(option: string, value: unknown): string {
  if (typeof value !== "string" || !/^[\x20-\x7e]*$/.test(value) || /["\\]/.test(value)) {
    rejectSetting(option, value, "printable ASCII without quotes or backslashes");
  }
  return value;
}
