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

/** Options of `createKeyward`. Only `secret` is required, and only with a durable store. */
export interface KeywardOptions {
  /**
   * The secret that signs keys: at least 32 bytes that only this deployment knows, or a list with the newest first. Losing it invalidates every key.
   */
  readonly secret?: string | readonly string[] | undefined;
  /** Storage of keys. Default: `memoryStore()`. */
  readonly store?: Store | undefined;
  /** Storage of counts. Default: `memoryLimiter()`. */
  readonly limiter?: Limiter | undefined;
  /**
   * Notifies other processes of changed keys and owners: `redisChanges()`. Not needed with the stores of `@keyward/sql`, which do so themselves.
   */
  readonly changes?: ChangeFeed | undefined;
  /** Limits by plan name. A key without a plan has `default`. Default: `{ default: { rate: 200, burst: 500, daily: 2000 } }`. */
  readonly plans?: Readonly<Record<string, PlanInput>> | undefined;
  /** Environments whose keys this server accepts. `create()` uses the first. Default: `["prod"]`. */
  readonly environments?: readonly string[] | undefined;
  /**
   * Prefix of new keys: `acme` makes `acme_prod_…`, a form that can be registered with secret scanners. Lower-case letters and digits, and not
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
  /** Refuse plain HTTP. Default: `true`. `{ allowLoopback: true }` is for local work. */
  readonly requireHttps?: boolean | { readonly allowLoopback: boolean } | undefined;
  /**
   * Revoke a live key that was provably sent over plain HTTP. Default: `"refuse"`, which only refuses the
   * request. `"revoke"` stops after three keys, since a missing proxy setting makes every request look like plain HTTP.
   * An operator who has checked the revocations in the audit trail sets `confirmedUntil` to allow three more.
   */
  readonly onPlaintextKey?: "refuse" | "revoke" | { readonly revoke: true; readonly confirmedUntil: Date };
  /** Enforce limits, or only observe which requests they would refuse. Default: `"enforce"`. */
  readonly mode?: Mode | undefined;
  /** Failed attempts of a client address before it gets 429. `false` disables the limit. */
  readonly failedAttempts?:
    | {
        readonly limit?: number | undefined;
        readonly windowMs?: number | undefined;
        readonly maxClients?: number | undefined;
      }
    | false
    | undefined;
  /** Cache of looked-up keys: lifetime without asking the store, additional time while the store fails, and size. */
  readonly cache?: { readonly lifetimeMs?: number; readonly staleForMs?: number; readonly maxKeys?: number };
  /** Retention of hourly usage in days. Default: 400, so that a year can be compared with the year before. */
  readonly usage?: { readonly keepDays?: number } | undefined;
  /** Contents of `GET <base>/me`: with `owner`, the limits and the usage of all keys of the owner together. Default: the key line alone. */
  readonly me?: { readonly owner?: boolean | undefined } | undefined;
  /**
   * The form of keys that were issued elsewhere and imported with `kw.keys.import`, such as `/^sk_live_\w{24}$/`; none
   * is recognized by default. The pattern is anchored with `^` and `$` and must not backtrack. Each match costs a look-up in the store. Keys of less than 16 characters, or of less than 5 different ones, are never recognized.
   */
  readonly importedKeys?: RegExp | undefined;
  /**
   * Header with the request id, such as `x-request-id`. The id of the client or proxy, or a new one, is in the response and in events. Default: none.
   */
  readonly requestIdHeader?: string | undefined;
  /** Policies in `RateLimit` and `RateLimit-Policy`: all, the one with the fewest requests left, or none. Default: `"all"`. */
  readonly rateLimitHeaders?: RateLimitHeaders | undefined;
  /** Adds `X-RateLimit-Limit`, `-Remaining` and `-Reset`. Default: `false`. */
  readonly legacyHeaders?: boolean | undefined;
  /** The protection space named in `WWW-Authenticate`. Default: `"api"`. */
  readonly realm?: string | undefined;
  /** Prefix of a problem's `type`, which ends with its code. Default: `urn:keyward:problem:`. */
  readonly problemTypeBase?: string | undefined;
  /** Listeners by event name. More can be added with `kw.events.on`. */
  readonly events?: KeywardListeners | undefined;
  /** Milliseconds since the epoch. Default: the machine's clock. */
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
