/** How each option of `createKeyward` is checked. All throw `invalid-option`. */
import { randomBytes } from "node:crypto";
import { KeywardError } from "./errors.ts";
import { EVENT_NAMES, type KeywardListeners } from "./events.ts";
import { ENVIRONMENT } from "./keys/format.ts";
import type { KeywardOptions, Settings } from "./options.ts";

const LEAST_SECRET_BYTES = 32;
const HOW_TO_MAKE_ONE = "Make one with: node -p 'crypto.randomBytes(32).toString(\"base64url\")'";

/** Headers that Node answers for with the first of several, so that a second key would go unseen. */
const HEADERS_NODE_THINS_OUT = new Set([
  "authorization",
  "proxy-authorization",
  "host",
  "cookie",
  "from",
  "referer",
  "user-agent",
]);

export function fail(option: string, got: unknown, wants: string): never {
  const shown =
    typeof got === "string" ? JSON.stringify(got) : Array.isArray(got) ? `[${got.join(", ")}]` : String(got);
  throw new KeywardError("invalid-option", `${option}: got ${shown}, wants ${wants}.`);
}

export function checkSecrets(value: unknown, durable: boolean): [string, ...string[]] {
  if (value === undefined) {
    // Without a durable store no key outlives the process, so neither need its secret.
    if (!durable) return [randomBytes(LEAST_SECRET_BYTES).toString("base64url")];
    throw new KeywardError(
      "invalid-option",
      `secret: is missing, and the key store is durable: without the same secret at the next start no key would work. ${HOW_TO_MAKE_ONE}`,
    );
  }
  const secrets: unknown[] = Array.isArray(value) ? value : [value];
  for (const secret of secrets) {
    // What it got is not repeated: it is a secret, if a bad one.
    if (typeof secret !== "string") {
      throw new KeywardError(
        "invalid-option",
        `secret: got a ${typeof secret}, wants a string or an array of strings.`,
      );
    }
    const bytes = Buffer.byteLength(secret);
    if (bytes < LEAST_SECRET_BYTES) {
      throw new KeywardError(
        "invalid-option",
        `secret: got one of ${bytes} bytes, wants at least ${LEAST_SECRET_BYTES}. ${HOW_TO_MAKE_ONE}`,
      );
    }
  }
  if (secrets.length === 0) fail("secret", value, "at least one secret");
  return secrets as [string, ...string[]];
}

export function checkPort<T>(
  option: string,
  value: unknown,
  methods: readonly (keyof T & string)[],
  example: string,
): T {
  if (value instanceof Promise) {
    throw new KeywardError(
      "invalid-option",
      `${option}: got a promise, wants what it resolves to: await it first.`,
    );
  }
  const port = value as Record<string, unknown> | null;
  const missing = methods.find((name) => typeof value !== "object" || typeof port?.[name] !== "function");
  if (missing !== undefined) {
    fail(option, value, `an object with ${missing}(), such as ${example}`);
  }
  return value as T;
}

export function checkNumber(option: string, value: unknown, least: number): number {
  if (!Number.isSafeInteger(value) || (value as number) < least)
    fail(option, value, `a whole number from ${least}`);
  return value as number;
}

export function checkBoolean(option: string, value: unknown): boolean {
  if (typeof value !== "boolean") fail(option, value, "true or false");
  return value;
}

export function checkEnvironments(value: unknown): readonly [string, ...string[]] {
  if (!Array.isArray(value) || value.length === 0)
    fail("environments", value, 'an array of names such as ["prod"]');
  for (const name of value) {
    if (typeof name !== "string" || !ENVIRONMENT.test(name)) {
      fail("environments", name, "names of 1 to 16 lower-case letters and digits that begin with a letter");
    }
  }
  return Object.freeze([...value]) as unknown as readonly [string, ...string[]];
}

export function checkHeader(value: unknown, option = "header"): string {
  if (typeof value !== "string" || !/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(value))
    fail(option, value, "a header name");
  const header = value.toLowerCase();
  if (HEADERS_NODE_THINS_OUT.has(header)) {
    fail(option, value, "a header that Node does not thin out when it comes twice, such as x-api-key");
  }
  return header;
}

export function checkHttps(value: unknown): Settings["requireHttps"] {
  if (typeof value === "boolean") return value ? "always" : "never";
  const allow = (value as { allowLoopback?: unknown } | null)?.allowLoopback;
  if (typeof allow !== "boolean") fail("requireHttps", value, "true, false or { allowLoopback: true }");
  return allow ? "not-on-loopback" : "always";
}

export function checkAttempts(
  value: NonNullable<KeywardOptions["failedAttempts"]>,
): Settings["failedAttempts"] {
  if (value === false) return undefined;
  if (typeof value !== "object") fail("failedAttempts", value, "{ limit, windowMs, maxClients } or false");
  return {
    limit: checkNumber("failedAttempts.limit", value.limit ?? 20, 1),
    windowMs: checkNumber("failedAttempts.windowMs", value.windowMs ?? 60_000, 1000),
    maxClients: checkNumber("failedAttempts.maxClients", value.maxClients ?? 100_000, 1),
  };
}

export function checkCache(value: unknown): Settings["cache"] {
  if (typeof value !== "object" || value === null)
    fail("cache", value, "{ lifetimeMs, staleForMs, maxKeys }");
  const { lifetimeMs, staleForMs, maxKeys } = value as Partial<Settings["cache"]>;
  return {
    lifetimeMs: checkNumber("cache.lifetimeMs", lifetimeMs ?? 5000, 0),
    staleForMs: checkNumber("cache.staleForMs", staleForMs ?? 300_000, 0),
    maxKeys: checkNumber("cache.maxKeys", maxKeys ?? 100_000, 1),
  };
}

/** The days that usage is kept. */
export function checkUsage(value: unknown): number {
  if (typeof value !== "object" || value === null) fail("usage", value, "{ keepDays }");
  return checkNumber("usage.keepDays", (value as { keepDays?: unknown }).keepDays ?? 400, 1);
}

export function checkListeners(value: unknown): KeywardListeners {
  if (typeof value !== "object" || value === null)
    fail("events", value, "an object of listeners by event name");
  for (const [name, listener] of Object.entries(value)) {
    if (!(EVENT_NAMES as readonly string[]).includes(name))
      fail("events", name, `one of ${EVENT_NAMES.join(", ")}`);
    if (typeof listener !== "function") fail(`events["${name}"]`, listener, "a function");
  }
  return value;
}

/** A pattern that gives the same answer each time: `g` and `y` make it remember where it was. */
export function checkPattern(option: string, value: unknown): RegExp | undefined {
  if (value === undefined) return undefined;
  if (!(value instanceof RegExp)) fail(option, value, "a regular expression such as /^sk_live_\\w{32}$/");
  return value.global || value.sticky ? new RegExp(value.source, value.flags.replace(/[gy]/g, "")) : value;
}

/** Text that can stand in a header between quotes. */
export function checkQuotable(option: string, value: unknown): string {
  if (typeof value !== "string" || !/^[\x20-\x7e]*$/.test(value) || /["\\]/.test(value)) {
    fail(option, value, "printable ASCII without quotes or backslashes");
  }
  return value;
}
