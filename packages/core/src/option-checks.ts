/** Validation of each option of `createKeyward`. All throw `invalid-option`. */
import { randomBytes } from "node:crypto";
import { isDate } from "node:util/types";
import type { RateLimitHeaders } from "./admission/headers.ts";
import { KeywardError } from "./errors.ts";
import { EVENT_NAMES, type KeywardListeners } from "./events.ts";
import { NAME } from "./keys/format.ts";
import type { KeyPolicy } from "./keys/key-policy.ts";
import { RESERVED_SCOPES, type ScopeCatalogue } from "./keys/scopes.ts";
import { secretWeakness } from "./keys/secret-strength.ts";
import { isThenable } from "./maybe-promise.ts";
import { optionError, rejectOption, rejectSetting, checkOptionNames } from "./option-error.ts";
import type { KeywardOptions, Settings } from "./options.ts";

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
    if (!durable) return [randomBytes(32).toString("base64url")];
    throw new KeywardError(
      "invalid-option",
      `secret is missing. The key store is durable, and without the same secret no key works after a restart. ${HOW_TO_MAKE_ONE}`,
    );
  }
  const secrets: unknown[] = Array.isArray(value) ? value : [value];
  if (secrets.length === 0) rejectOption("secret", value, "a string or an array of strings");
  for (const secret of secrets) {
    if (typeof secret !== "string") rejectOption("secret", secret, "a string or an array of strings");
    const weakness = secretWeakness(secret);
    if (weakness !== undefined)
      throw new KeywardError("invalid-option", `secret must ${weakness}. ${HOW_TO_MAKE_ONE}`);
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
    if (typeof name !== "string" || !NAME.test(name)) {
      rejectSetting(
        "environments",
        name,
        "names of 1 to 16 lower-case letters and digits that begin with a letter",
      );
    }
  }
  return Object.freeze([...value]) as unknown as readonly [string, ...string[]];
}

/** Checks a prefix of keys. */
export function checkPrefix(option: string, value: unknown, environments: readonly string[]): string {
  if (typeof value !== "string" || !NAME.test(value)) {
    rejectSetting(option, value, "1 to 16 lower-case letters and digits that begin with a letter");
  }
  if (environments.includes(value)) rejectSetting(option, value, "another name than an environment's");
  return value;
}

const POLICY_FIELDS = ["maxLifetimeDays", "defaultLifetimeDays", "rotateAfterDays"];

/** Checks the rules for lifetimes of keys. */
export function checkKeyPolicy(value: unknown): KeyPolicy {
  if (typeof value !== "object" || value === null)
    rejectSetting("keyPolicy", value, `{ ${POLICY_FIELDS.join(", ")} }`);
  checkOptionNames("keyPolicy", value, POLICY_FIELDS);
  for (const [name, days] of Object.entries(value))
    if (days !== undefined) checkNumber(`keyPolicy.${name}`, days, 1);
  const policy: KeyPolicy = Object.freeze({ ...value });
  const { maxLifetimeDays = Infinity, defaultLifetimeDays = 0 } = policy;
  if (defaultLifetimeDays > maxLifetimeDays) {
    rejectSetting(
      "keyPolicy.defaultLifetimeDays",
      defaultLifetimeDays,
      `at most maxLifetimeDays, ${maxLifetimeDays}`,
    );
  }
  return policy;
}

/** Checks the catalogue of scopes. */
export function checkCatalogue(value: unknown): ScopeCatalogue | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    rejectSetting(
      "scopes",
      value,
      'an object of descriptions by scope, such as { "reports:read": "Read reports" }',
    );
  }
  for (const [scope, description] of Object.entries(value)) {
    if (!/^[\w./-]+(?::[\w./-]+)*$/.test(scope)) {
      rejectSetting("scopes", scope, "scopes such as reports:read, without wildcards");
    }
    if (scope.startsWith(RESERVED_SCOPES)) {
      rejectSetting("scopes", scope, `scopes that do not begin with ${RESERVED_SCOPES}`);
    }
    if (typeof description !== "string") rejectSetting(`scopes["${scope}"]`, description, "a description");
  }
  return Object.freeze({ ...value }) as ScopeCatalogue;
}

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** The name of a header, in lower case. */
export function checkHeader(option: string, value: unknown): string {
  if (typeof value !== "string" || !HEADER_NAME.test(value)) rejectSetting(option, value, "a header name");
  return value.toLowerCase();
}

/** Places for keys: distinct, in lower case. */
export function checkKeyFrom(value: unknown): readonly [string, ...string[]] {
  const accepted = 'a non-empty array of header names or "bearer", such as ["x-api-key", "bearer"]';
  if (!Array.isArray(value) || value.length === 0) rejectSetting("keyFrom", value, accepted);
  const places = value.map((each) => checkHeader("keyFrom", each));
  const single = places.find((place) => SINGLE_VALUE_HEADERS.has(place));
  if (single === "authorization") rejectSetting("keyFrom", single, '"bearer" for keys in Authorization');
  if (single !== undefined) rejectSetting("keyFrom", single, "a header for keys, such as x-api-key");
  if (new Set(places).size < places.length) rejectSetting("keyFrom", value, "an array of distinct places");
  return Object.freeze(places) as unknown as readonly [string, ...string[]];
}

export function checkRateLimitHeaders(value: unknown): RateLimitHeaders {
  if (value !== "all" && value !== "tightest" && value !== false) {
    rejectSetting("rateLimitHeaders", value, '"all", "tightest" or false');
  }
  return value;
}

/** Until when revocations of plaintext keys were confirmed, in milliseconds; `undefined` if none is to be revoked. */
export function checkPlaintextKeys(value: unknown, now: number): number | undefined {
  if (value === "refuse") return undefined;
  if (value === "revoke") return Number.NEGATIVE_INFINITY;
  const { revoke, confirmedUntil } = (value ?? {}) as { revoke?: unknown; confirmedUntil?: unknown };
  if (revoke !== true || !isDate(confirmedUntil)) {
    rejectSetting("onPlaintextKey", value, '"refuse", "revoke" or { revoke: true, confirmedUntil: Date }');
  }
  // A future time would confirm warnings that have not been seen yet.
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

export function checkMe(value: unknown): { readonly owner: boolean } {
  if (typeof value !== "object" || value === null) rejectSetting("me", value, "{ owner }");
  for (const name of Object.keys(value)) {
    if (name !== "owner") rejectSetting("me", name, "{ owner }");
  }
  return { owner: checkBoolean("me.owner", (value as { owner?: unknown }).owner ?? false) };
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

/** Text that is valid in a header between quotes. */
export function checkQuotable(option: string, value: unknown): string {
  if (typeof value !== "string" || !/^[\x20-\x7e]*$/.test(value) || /["\\]/.test(value)) {
    rejectSetting(option, value, "printable ASCII without quotes or backslashes");
  }
  return value;
}
