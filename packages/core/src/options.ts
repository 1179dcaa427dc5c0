import type { RateLimitHeaders } from "./admission/headers.ts";
import { checkHttps, type HttpsPolicy } from "./admission/https.ts";
import { systemClock, type Clock } from "./clock.ts";
import type { KeywardListeners } from "./events.ts";
import { checkImportedKeys } from "./keys/imported-keys.ts";
import type { ChangeFeed } from "./keys/change-feed.ts";
import type { KeyPolicy } from "./keys/key-policy.ts";
import type { ScopeCatalogue } from "./keys/scopes.ts";
import type { Limiter } from "./limits/limiter.ts";
import { memoryLimiter } from "./limits/memory.ts";
import {
  checkAttempts,
  checkBoolean,
  checkCache,
  checkCatalogue,
  checkEnvironments,
  checkHeader,
  checkKeyFrom,
  checkKeyPolicy,
  checkListeners,
  checkMe,
  checkPlaintextKeys,
  checkPort,
  checkPrefix,
  checkQuotable,
  checkRateLimitHeaders,
  checkSecrets,
  checkUsage,
} from "./option-checks.ts";
import { adoptLimiter, adoptStore } from "./ports.ts";
import { checkOptionNames, rejectOption } from "./option-error.ts";
import { checkMode, checkPlans, type Mode, type Plan, type PlanInput } from "./limits/plans.ts";
import { memoryStore } from "./store/memory-store.ts";
import type { Store } from "./store/store.ts";
import { DAY_MS } from "./time.ts";

/** What `createKeyward` takes. Everything but `secret` can be left out, and that too without a durable store. */
export interface KeywardOptions {
  /**
   * What keys are made and stored under: at least 32 bytes that only this deployment knows, or several
   * with the newest first. Whoever loses it loses every key.
   */
  readonly secret?: string | readonly string[] | undefined;
  /** Where keys live; `memoryStore()` if left out. */
  readonly store?: Store | undefined;
  /** Where counts live; `memoryLimiter()` if left out. */
  readonly limiter?: Limiter | undefined;
  /**
   * Notifies other processes of changed keys and owners, where the store does not: `redisChanges()`. The stores of `@keyward/sql` do.
   */
  readonly changes?: ChangeFeed | undefined;
  /** Limits by plan name. `default` is what a key has if it names no other: 200, 500, 2000 if left out. */
  readonly plans?: Readonly<Record<string, PlanInput>> | undefined;
  /** The environments this server accepts keys of; `create()` uses the first. `["prod"]` if left out. */
  readonly environments?: readonly string[] | undefined;
  /**
   * What new keys begin with: `acme` makes `acme_prod_…`, which secret scanners can be registered for. Lower-case letters and digits, and not
   * an environment's name. Default: none.
   */
  readonly prefix?: string | undefined;
  /** Earlier prefixes, whose keys are still accepted. Keys without a prefix are always accepted. */
  readonly acceptPrefixes?: readonly string[] | undefined;
  /** The scopes that keys can have, with a description of each. Default: any. */
  readonly scopes?: ScopeCatalogue | undefined;
  /** Rules for the lifetimes of keys. Default: none. */
  readonly keyPolicy?: KeyPolicy | undefined;
  /**
   * Places where a request may present its key: names of headers, or `"bearer"` for `Authorization: Bearer <key>`. A request that presents
   * more than one key is refused. Default: `["x-api-key"]`.
   */
  readonly keyFrom?: readonly string[] | undefined;
  /** Refuse plain HTTP; `true` if left out. `{ allowLoopback: true }` is for local work. */
  readonly requireHttps?: boolean | { readonly allowLoopback: boolean } | undefined;
  /**
   * Whether to revoke a live key that was provably sent over plain HTTP. Default: `"refuse"`, which only refuses the
   * request. `"revoke"` stops after three keys, since a missing proxy setting makes every request look like plain HTTP.
   * An operator who has checked the revocations in the audit trail sets `confirmedUntil` to allow three more.
   */
  readonly onPlaintextKey?: "refuse" | "revoke" | { readonly revoke: true; readonly confirmedUntil: Date };
  /** Enforce limits, or only observe what they would refuse; `enforce` if left out. */
  readonly mode?: Mode | undefined;
  /** How many failures of one client address are answered before 429; `false` counts none. */
  readonly failedAttempts?:
    | {
        readonly limit?: number | undefined;
        readonly windowMs?: number | undefined;
        readonly maxClients?: number | undefined;
      }
    | false
    | undefined;
  /** For how long a looked-up key is used without asking the store, and how many are held. */
  readonly cache?: { readonly lifetimeMs?: number; readonly staleForMs?: number; readonly maxKeys?: number };
  /** For how many days usage by hour is kept; 400 if left out, so that a year can be held against the last. */
  readonly usage?: { readonly keepDays?: number } | undefined;
  /** Contents of `GET <base>/me`: with `owner`, the limits and the usage of all keys of the owner together. Default: the key line alone. */
  readonly me?: { readonly owner?: boolean | undefined } | undefined;
  /**
   * The form of keys that were issued elsewhere and imported with `kw.keys.import`, such as `/^sk_live_\w{24}$/`; none
   * is recognized by default. The pattern is anchored with `^` and `$` and must not backtrack. Whatever matches costs a
   * look-up in the store. Keys of less than 16 characters, or of less than 5 different ones, are never recognized.
   */
  readonly importedKeys?: RegExp | undefined;
  /**
   * The header that names a request, such as `x-request-id`: what the client or a proxy sent there, or a name made up here, is
   * in the response and in events. None if left out.
   */
  readonly requestIdHeader?: string | undefined;
  /** Which policies `RateLimit` and `RateLimit-Policy` list: all, the one with the fewest requests left, or none. Default: `"all"`. */
  readonly rateLimitHeaders?: RateLimitHeaders | undefined;
  /** Adds `X-RateLimit-Limit`, `-Remaining` and `-Reset`. Default: `false`. */
  readonly legacyHeaders?: boolean | undefined;
  /** The protection space named in `WWW-Authenticate`; `api` if left out. */
  readonly realm?: string | undefined;
  /** What a problem's `type` begins with, its code being the end; `urn:keyward:problem:` if left out. */
  readonly problemTypeBase?: string | undefined;
  /** Listeners by event name. More can be added with `kw.events.on`. */
  readonly events?: KeywardListeners | undefined;
  /** Milliseconds since the epoch; the machine's clock if left out. */
  readonly clock?: Clock | undefined;
}

/** Options, checked and completed. */
export interface Settings {
  readonly secrets: readonly [string, ...string[]];
  readonly store: Store;
  readonly limiter: Limiter;
  readonly changes: ChangeFeed | undefined;
  readonly plans: ReadonlyMap<string, Plan>;
  readonly environments: readonly [string, ...string[]];
  readonly prefix: string | undefined;
  readonly prefixes: readonly string[];
  readonly catalogue: ScopeCatalogue | undefined;
  readonly keyPolicy: KeyPolicy;
  readonly keyFrom: readonly [string, ...string[]];
  readonly requireHttps: HttpsPolicy;
  /** Milliseconds since the epoch; `undefined` if keys sent over plain HTTP are not revoked. */
  readonly plaintextKeysConfirmedUntil: number | undefined;
  readonly mode: Mode;
  readonly failedAttempts:
    | { readonly limit: number; readonly windowMs: number; readonly maxClients: number }
    | undefined;
  readonly cache: { readonly lifetimeMs: number; readonly staleForMs: number; readonly maxKeys: number };
  readonly usageKeptMs: number;
  readonly me: { readonly owner: boolean };
  readonly importedKeys: RegExp | undefined;
  readonly requestIdHeader: string | undefined;
  readonly rateLimitHeaders: RateLimitHeaders;
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
  "changes",
  "plans",
  "environments",
  "prefix",
  "acceptPrefixes",
  "scopes",
  "keyPolicy",
  "keyFrom",
  "requireHttps",
  "onPlaintextKey",
  "mode",
  "failedAttempts",
  "cache",
  "usage",
  "me",
  "importedKeys",
  "requestIdHeader",
  "rateLimitHeaders",
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
    checkPort<Store>("store", options.store ?? memoryStore(), ["findByDigest", "insert"], "memoryStore()"),
  );
  const limiter = adoptLimiter(
    checkPort<Limiter>(
      "limiter",
      options.limiter ?? memoryLimiter({ clock }),
      ["consume", "peek"],
      "memoryLimiter()",
    ),
  );
  const environments = checkEnvironments(options.environments ?? ["prod"]);
  const prefix =
    options.prefix === undefined ? undefined : checkPrefix("prefix", options.prefix, environments);
  const earlier = (options.acceptPrefixes ?? []).map((each) =>
    checkPrefix("acceptPrefixes", each, environments),
  );
  return Object.freeze({
    secrets: checkSecrets(options.secret, store.durable),
    store,
    limiter,
    changes:
      options.changes === undefined
        ? undefined
        : checkPort<ChangeFeed>("changes", options.changes, ["publish", "watch"], "redisChanges()"),
    plans: checkPlans(options.plans),
    environments,
    prefix,
    prefixes: prefix === undefined ? earlier : [prefix, ...earlier],
    catalogue: checkCatalogue(options.scopes),
    keyPolicy: checkKeyPolicy(options.keyPolicy ?? {}),
    keyFrom: checkKeyFrom(options.keyFrom ?? ["x-api-key"]),
    requireHttps: checkHttps(options.requireHttps),
    plaintextKeysConfirmedUntil: checkPlaintextKeys(options.onPlaintextKey ?? "refuse", clock()),
    mode: checkMode(options.mode ?? "enforce", "mode"),
    failedAttempts: checkAttempts(options.failedAttempts ?? {}),
    cache: checkCache(options.cache ?? {}),
    usageKeptMs: checkUsage(options.usage ?? {}) * DAY_MS,
    me: checkMe(options.me ?? {}),
    importedKeys: checkImportedKeys(options.importedKeys),
    requestIdHeader:
      options.requestIdHeader === undefined
        ? undefined
        : checkHeader("requestIdHeader", options.requestIdHeader),
    rateLimitHeaders: checkRateLimitHeaders(options.rateLimitHeaders ?? "all"),
    legacyHeaders: checkBoolean("legacyHeaders", options.legacyHeaders ?? false),
    realm: checkQuotable("realm", options.realm ?? "api"),
    problemTypeBase: checkQuotable("problemTypeBase", options.problemTypeBase ?? "urn:keyward:problem:"),
    listeners: checkListeners(options.events ?? {}),
    clock,
  });
}
