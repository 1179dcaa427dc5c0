import { randomBytes } from "node:crypto";
import { systemClock, type Clock } from "./clock.ts";
import { KeywardError } from "./errors.ts";
import { EVENT_NAMES, type KeywardListeners } from "./events.ts";
import { ENVIRONMENT } from "./keys/format.ts";
import { memoryStore } from "./keys/memory-store.ts";
import type { KeyStore } from "./keys/store.ts";
import type { Limiter } from "./limits/limiter.ts";
import { memoryLimiter } from "./limits/memory.ts";
import { checkMode, checkPlans, type Mode, type Plan, type PlanOptions } from "./limits/plans.ts";

/** What `createKeyward` takes. Everything but `secret` can be left out, and that too without a durable store. */
export interface KeywardOptions {
  /**
   * What keys are made and stored under: at least 32 bytes that only this deployment knows, or several
   * with the newest first. Whoever loses it loses every key.
   */
  readonly secret?: string | readonly string[];
  /** Where keys live; `memoryStore()` if left out. */
  readonly store?: KeyStore;
  /** Where counts live; `memoryLimiter()` if left out. */
  readonly limiter?: Limiter;
  /** Limits by plan name. `default` is what a key has if it names no other: 200, 500, 2000 if left out. */
  readonly plans?: Readonly<Record<string, PlanOptions>>;
  /** The environments this server accepts keys of; `create()` uses the first. `["prod"]` if left out. */
  readonly environments?: readonly string[];
  /** The request header that holds the key; `x-api-key` if left out. */
  readonly header?: string;
  /** Refuse plain HTTP; `true` if left out. `{ allowLoopback: true }` is for local work. */
  readonly requireHttps?: boolean | { readonly allowLoopback: boolean };
  /** What becomes of a live key that came in clear on the very socket: nothing, or it is revoked. */
  readonly onPlaintextKey?: "refuse" | "revoke";
  /** Enforce limits, or only observe what they would refuse; `enforce` if left out. */
  readonly mode?: Mode;
  /** How many failures of one client address are answered before 429; `false` counts none. */
  readonly failedAttempts?: { readonly limit?: number; readonly windowMs?: number; readonly maxClients?: number } | false;
  /** For how long a looked-up key is used without asking the store, and how many are held. */
  readonly cache?: { readonly lifetimeMs?: number; readonly staleForMs?: number; readonly maxKeys?: number };
  /** Adds `X-RateLimit-Limit`, `-Remaining` and `-Reset`. */
  readonly legacyHeaders?: boolean;
  /** The protection space named in `WWW-Authenticate`; `api` if left out. */
  readonly realm?: string;
  /** What a problem's `type` begins with, its code being the end; `urn:keyward:problem:` if left out. */
  readonly problemTypeBase?: string;
  /** Listeners by event name. More can be added with `kw.events.on`. */
  readonly events?: KeywardListeners;
  /** Milliseconds since the epoch; the machine's clock if left out. */
  readonly clock?: Clock;
}

/** Options, checked and completed. */
export interface Settings {
  readonly secrets: readonly [string, ...string[]];
  readonly store: KeyStore;
  readonly limiter: Limiter;
  readonly plans: ReadonlyMap<string, Plan>;
  readonly environments: readonly [string, ...string[]];
  readonly header: string;
  readonly requireHttps: "always" | "not-on-loopback" | "never";
  readonly revokePlaintextKeys: boolean;
  readonly mode: Mode;
  readonly failedAttempts: { readonly limit: number; readonly windowMs: number; readonly maxClients: number } | undefined;
  readonly cache: { readonly lifetimeMs: number; readonly staleForMs: number; readonly maxKeys: number };
  readonly legacyHeaders: boolean;
  readonly realm: string;
  readonly problemTypeBase: string;
  readonly listeners: KeywardListeners;
  readonly clock: Clock;
}

const KNOWN: readonly (keyof KeywardOptions)[] = [
  "secret",
  "store",
  "limiter",
  "plans",
  "environments",
  "header",
  "requireHttps",
  "onPlaintextKey",
  "mode",
  "failedAttempts",
  "cache",
  "legacyHeaders",
  "realm",
  "problemTypeBase",
  "events",
  "clock",
];

const LEAST_SECRET_BYTES = 32;
const HOW_TO_MAKE_ONE = "Make one with: node -p 'crypto.randomBytes(32).toString(\"base64url\")'";

/** Headers that Node answers for with the first of several, so that a second key would go unseen. */
const HEADERS_NODE_THINS_OUT = ["authorization", "proxy-authorization", "host", "cookie", "from", "referer", "user-agent"];

function fail(option: string, got: unknown, wants: string): never {
  const shown = typeof got === "string" ? JSON.stringify(got) : Array.isArray(got) ? `[${got.join(", ")}]` : String(got);
  throw new KeywardError("invalid-option", `${option}: got ${shown}, wants ${wants}.`);
}

function checkSecrets(value: unknown, durable: boolean): [string, ...string[]] {
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
      throw new KeywardError("invalid-option", `secret: got a ${typeof secret}, wants a string or an array of strings.`);
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

function checkPort<T>(option: string, value: unknown, methods: readonly (keyof T & string)[], example: string): T {
  const port = value as Record<string, unknown> | null;
  const missing = methods.find((name) => typeof value !== "object" || typeof port?.[name] !== "function");
  if (missing !== undefined) {
    fail(option, value instanceof Promise ? "a promise" : value, `an object with ${missing}(), such as ${example}`);
  }
  return value as T;
}

function checkNumber(option: string, value: unknown, least: number): number {
  if (!Number.isSafeInteger(value) || (value as number) < least) fail(option, value, `a whole number from ${least}`);
  return value as number;
}

function checkBoolean(option: string, value: unknown): boolean {
  if (typeof value !== "boolean") fail(option, value, "true or false");
  return value;
}

function checkEnvironments(value: unknown): readonly [string, ...string[]] {
  if (!Array.isArray(value) || value.length === 0) fail("environments", value, 'an array of names such as ["prod"]');
  for (const name of value) {
    if (typeof name !== "string" || !ENVIRONMENT.test(name)) {
      fail("environments", name, "names of 1 to 16 lower-case letters and digits that begin with a letter");
    }
  }
  return Object.freeze([...value]) as unknown as readonly [string, ...string[]];
}

function checkHeader(value: unknown): string {
  if (typeof value !== "string" || !/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(value)) fail("header", value, "a header name");
  const header = value.toLowerCase();
  if (HEADERS_NODE_THINS_OUT.includes(header)) {
    fail("header", value, "a header that Node does not thin out when it comes twice, such as x-api-key");
  }
  return header;
}

function checkHttps(value: unknown): Settings["requireHttps"] {
  if (typeof value === "boolean") return value ? "always" : "never";
  const allow = (value as { allowLoopback?: unknown } | null)?.allowLoopback;
  if (typeof allow !== "boolean") fail("requireHttps", value, "true, false or { allowLoopback: true }");
  return allow ? "not-on-loopback" : "always";
}

function checkAttempts(value: NonNullable<KeywardOptions["failedAttempts"]>): Settings["failedAttempts"] {
  if (value === false) return undefined;
  if (typeof value !== "object") fail("failedAttempts", value, "{ limit, windowMs, maxClients } or false");
  return {
    limit: checkNumber("failedAttempts.limit", value.limit ?? 20, 1),
    windowMs: checkNumber("failedAttempts.windowMs", value.windowMs ?? 60_000, 1000),
    maxClients: checkNumber("failedAttempts.maxClients", value.maxClients ?? 100_000, 1),
  };
}

function checkListeners(value: unknown): KeywardListeners {
  if (typeof value !== "object" || value === null) fail("events", value, "an object of listeners by event name");
  for (const [name, listener] of Object.entries(value)) {
    if (!(EVENT_NAMES as readonly string[]).includes(name)) fail("events", name, `one of ${EVENT_NAMES.join(", ")}`);
    if (typeof listener !== "function") fail(`events["${name}"]`, listener, "a function");
  }
  return value;
}

/** Text that can stand in a header between quotes. */
function checkQuotable(option: string, value: unknown): string {
  if (typeof value !== "string" || !/^[\x20-\x7e]*$/.test(value) || /["\\]/.test(value)) {
    fail(option, value, "printable ASCII without quotes or backslashes");
  }
  return value;
}

/**
 * Checks options where they enter.
 *
 * @throws KeywardError `invalid-option` that names the option, what it got and what it wants.
 */
export function resolveOptions(options: KeywardOptions): Settings {
  if (typeof options !== "object" || options === null) fail("createKeyward", options, "an object of options");
  for (const name of Object.keys(options)) {
    if (!(KNOWN as readonly string[]).includes(name)) fail("createKeyward", name, `an option it has: ${KNOWN.join(", ")}`);
  }
  const clock = options.clock ?? systemClock;
  if (typeof clock !== "function") fail("clock", clock, "a function that gives milliseconds");
  const store = checkPort<KeyStore>("store", options.store ?? memoryStore(), ["findByDigest", "insert"], "memoryStore()");
  const onPlaintextKey = options.onPlaintextKey ?? "refuse";
  if (onPlaintextKey !== "refuse" && onPlaintextKey !== "revoke") {
    fail("onPlaintextKey", onPlaintextKey, '"refuse" or "revoke"');
  }
  return Object.freeze({
    secrets: checkSecrets(options.secret, store.durable),
    store,
    limiter: checkPort<Limiter>("limiter", options.limiter ?? memoryLimiter({ clock }), ["consume", "peek"], "memoryLimiter()"),
    plans: checkPlans(options.plans),
    environments: checkEnvironments(options.environments ?? ["prod"]),
    header: checkHeader(options.header ?? "x-api-key"),
    requireHttps: checkHttps(options.requireHttps ?? true),
    revokePlaintextKeys: onPlaintextKey === "revoke",
    mode: checkMode(options.mode ?? "enforce", "mode"),
    failedAttempts: checkAttempts(options.failedAttempts ?? {}),
    cache: {
      lifetimeMs: checkNumber("cache.lifetimeMs", options.cache?.lifetimeMs ?? 5000, 0),
      staleForMs: checkNumber("cache.staleForMs", options.cache?.staleForMs ?? 300_000, 0),
      maxKeys: checkNumber("cache.maxKeys", options.cache?.maxKeys ?? 100_000, 1),
    },
    legacyHeaders: checkBoolean("legacyHeaders", options.legacyHeaders ?? false),
    realm: checkQuotable("realm", options.realm ?? "api"),
    problemTypeBase: checkQuotable("problemTypeBase", options.problemTypeBase ?? "urn:keyward:problem:"),
    listeners: checkListeners(options.events ?? {}),
    clock,
  });
}
