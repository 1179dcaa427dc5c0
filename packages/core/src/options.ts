import { systemClock, type Clock } from "./clock.ts";
import type { KeywardListeners } from "./events.ts";
import { memoryStore } from "./keys/memory-store.ts";
import type { KeyStore } from "./keys/store.ts";
import type { Limiter } from "./limits/limiter.ts";
import { DAY_MS } from "./limits/algorithm.ts";
import { memoryLimiter } from "./limits/memory.ts";
import {
  checkAttempts,
  checkBoolean,
  checkCache,
  checkEnvironments,
  checkHeader,
  checkHttps,
  checkListeners,
  checkPattern,
  checkPort,
  checkQuotable,
  checkSecrets,
  checkUsage,
  fail,
} from "./option-checks.ts";
import { checkMode, checkPlans, type Mode, type Plan, type PlanOptions } from "./limits/plans.ts";

/** What `createKeyward` takes. Everything but `secret` can be left out, and that too without a durable store. */
export interface KeywardOptions {
  /**
   * What keys are made and stored under: at least 32 bytes that only this deployment knows, or several
   * with the newest first. Whoever loses it loses every key.
   */
  readonly secret?: string | readonly string[] | undefined;
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
  readonly failedAttempts?:
    | { readonly limit?: number; readonly windowMs?: number; readonly maxClients?: number }
    | false;
  /** For how long a looked-up key is used without asking the store, and how many are held. */
  readonly cache?: { readonly lifetimeMs?: number; readonly staleForMs?: number; readonly maxKeys?: number };
  /** For how many days usage by hour is kept; 400 if left out, so that a year can be held against the last. */
  readonly usage?: { readonly keepDays?: number };
  /**
   * What keys look like that were issued elsewhere and taken over with `kw.keys.import`; none is recognized if left
   * out. Only what begins and ends as they do should match: whatever does costs a look-up in the store.
   */
  readonly importedKeys?: RegExp;
  /**
   * The header that names a request, such as `x-request-id`: what the client or a proxy sent there, or a name made up here, is
   * in the response and in events. None if left out.
   */
  readonly requestIdHeader?: string;
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
  readonly failedAttempts:
    | { readonly limit: number; readonly windowMs: number; readonly maxClients: number }
    | undefined;
  readonly cache: { readonly lifetimeMs: number; readonly staleForMs: number; readonly maxKeys: number };
  readonly usageKeptMs: number;
  readonly importedKeys: RegExp | undefined;
  readonly requestIdHeader: string | undefined;
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
  "usage",
  "importedKeys",
  "requestIdHeader",
  "legacyHeaders",
  "realm",
  "problemTypeBase",
  "events",
  "clock",
];

/**
 * Checks options where they enter.
 *
 * @throws KeywardError `invalid-option` that names the option, what it got and what it wants.
 */
export function resolveOptions(options: KeywardOptions): Settings {
  if (typeof options !== "object" || options === null) fail("createKeyward", options, "an object of options");
  for (const name of Object.keys(options)) {
    if (!(KNOWN as readonly string[]).includes(name))
      fail("createKeyward", name, `an option it has: ${KNOWN.join(", ")}`);
  }
  const clock = options.clock ?? systemClock;
  if (typeof clock !== "function") fail("clock", clock, "a function that gives milliseconds");
  const store = checkPort<KeyStore>(
    "store",
    options.store ?? memoryStore(),
    ["findByDigest", "insert"],
    "memoryStore()",
  );
  const onPlaintextKey = options.onPlaintextKey ?? "refuse";
  if (onPlaintextKey !== "refuse" && onPlaintextKey !== "revoke") {
    fail("onPlaintextKey", onPlaintextKey, '"refuse" or "revoke"');
  }
  return Object.freeze({
    secrets: checkSecrets(options.secret, store.durable),
    store,
    limiter: checkPort<Limiter>(
      "limiter",
      options.limiter ?? memoryLimiter({ clock }),
      ["consume", "peek"],
      "memoryLimiter()",
    ),
    plans: checkPlans(options.plans),
    environments: checkEnvironments(options.environments ?? ["prod"]),
    header: checkHeader(options.header ?? "x-api-key"),
    requireHttps: checkHttps(options.requireHttps ?? true),
    revokePlaintextKeys: onPlaintextKey === "revoke",
    mode: checkMode(options.mode ?? "enforce", "mode"),
    failedAttempts: checkAttempts(options.failedAttempts ?? {}),
    cache: checkCache(options.cache ?? {}),
    usageKeptMs: checkUsage(options.usage ?? {}) * DAY_MS,
    importedKeys: checkPattern("importedKeys", options.importedKeys),
    requestIdHeader:
      options.requestIdHeader === undefined
        ? undefined
        : checkHeader(options.requestIdHeader, "requestIdHeader"),
    legacyHeaders: checkBoolean("legacyHeaders", options.legacyHeaders ?? false),
    realm: checkQuotable("realm", options.realm ?? "api"),
    problemTypeBase: checkQuotable("problemTypeBase", options.problemTypeBase ?? "urn:keyward:problem:"),
    listeners: checkListeners(options.events ?? {}),
    clock,
  });
}
