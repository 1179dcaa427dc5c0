import { systemClock, type Clock } from "./clock.ts";
import type { KeywardListeners } from "./events.ts";
import { checkImportedKeys } from "./keys/imported-keys.ts";
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
  checkPlaintextKeys,
  checkPort,
  checkQuotable,
  checkSecrets,
  checkUsage,
} from "./option-checks.ts";
import { adoptLimiter, adoptStore } from "./ports.ts";
import { checkOptionNames, rejectOption } from "./option-error.ts";
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
  /**
   * Whether to revoke a live key that was provably sent over plain HTTP. Default: `"refuse"`, which only refuses the
   * request. `"revoke"` stops after three keys, since a missing proxy setting makes every request look like plain HTTP.
   * An operator who has checked the revocations in the audit trail sets `confirmedUntil` to allow three more.
   */
  readonly onPlaintextKey?: "refuse" | "revoke" | { readonly revoke: true; readonly confirmedUntil: Date };
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
   * The form of keys that were issued elsewhere and imported with `kw.keys.import`, such as `/^sk_live_\w{24}$/`; none
   * is recognized by default. The pattern is anchored with `^` and `$` and must not backtrack. Whatever matches costs a
   * look-up in the store. Keys of less than 16 characters, or of less than 5 different ones, are never recognized.
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
  /** Milliseconds since the epoch; `undefined` if keys sent over plain HTTP are not revoked. */
  readonly plaintextKeysConfirmedUntil: number | undefined;
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
 * @throws KeywardError `invalid-option` that names the option
 */
export function resolveOptions(options: KeywardOptions): Settings {
  if (typeof options !== "object" || options === null) {
    rejectOption("the argument of createKeyward", options, "an object of options");
  }
  checkOptionNames("createKeyward", options, KNOWN);
  const clock = options.clock ?? systemClock;
  if (typeof clock !== "function") rejectOption("clock", clock, "a function that returns milliseconds");
  const store = adoptStore(
    checkPort<KeyStore>("store", options.store ?? memoryStore(), ["findByDigest", "insert"], "memoryStore()"),
  );
  const limiter = adoptLimiter(
    checkPort<Limiter>(
      "limiter",
      options.limiter ?? memoryLimiter({ clock }),
      ["consume", "peek"],
      "memoryLimiter()",
    ),
  );
  return Object.freeze({
    secrets: checkSecrets(options.secret, store.durable),
    store,
    limiter,
    plans: checkPlans(options.plans),
    environments: checkEnvironments(options.environments ?? ["prod"]),
    header: checkHeader(options.header ?? "x-api-key"),
    requireHttps: checkHttps(options.requireHttps ?? true),
    plaintextKeysConfirmedUntil: checkPlaintextKeys(options.onPlaintextKey ?? "refuse", clock()),
    mode: checkMode(options.mode ?? "enforce", "mode"),
    failedAttempts: checkAttempts(options.failedAttempts ?? {}),
    cache: checkCache(options.cache ?? {}),
    usageKeptMs: checkUsage(options.usage ?? {}) * DAY_MS,
    importedKeys: checkImportedKeys(options.importedKeys),
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
