import type { Clock } from "../clock.ts";
import { checkOptionNames, rejectSetting } from "../option-error.ts";
import type { RedisClient } from "./client.ts";

/** Treatment of requests while Redis is unreachable. */
export type OnUnavailable = "local" | "refuse" | "admit";

/** Options of `redisLimiter()`: the connection to Redis, and the behaviour while it is unreachable. */
export interface RedisLimiterOptions {
  /**
   * An ioredis client (5 or 6, `Redis` or `Cluster`) or a node-redis client (5 or 6, single or cluster; 6, sentinel).
   * Its options are taken, for connections of the limiter's own; the client itself is neither used nor closed.
   */
  readonly client: RedisClient;
  /** Prefix of all Redis keys. Default: `keyward:`. Without braces, which Redis Cluster reads. */
  readonly prefix?: string;
  /**
   * While Redis cannot be asked: `local` counts in this process, `refuse` responds with 503, `admit` admits all requests. Default: `"local"`.
   */
  readonly onUnavailable?: OnUnavailable;
  /**
   * The part of the limits that this process grants while `local`: more than 0, at most 1. Processes whose parts add up to at most 1
   * keep the limits together. Default: `auto`, an equal part for each process that Redis knew of before it failed.
   */
  readonly localShare?: number | "auto";
  /**
   * With `localShare: "auto"`: the part that this process grants as long as it has never reached Redis. Default: none; it refuses requests
   * with `limiter-unavailable`.
   */
  readonly initialShare?: number;
  /** The longest time that a request waits for Redis. Default: 100. */
  readonly timeoutMs?: number;
  /** Send requests of one subject that arrive in one turn of the event loop in one call. Default: `true`. */
  readonly coalesce?: boolean;
  /** In place of Redis's clock, which all processes share. For tests alone. */
  readonly clock?: Clock;
}

/** Options, checked and completed; `connect` has looked at the client. */
export type ResolvedRedisOptions = Required<
  Omit<RedisLimiterOptions, "client" | "clock" | "initialShare">
> & {
  readonly clock: Clock | undefined;
  readonly initialShare: number | undefined;
};

const KNOWN: readonly (keyof RedisLimiterOptions)[] = [
  "client",
  "prefix",
  "onUnavailable",
  "localShare",
  "initialShare",
  "timeoutMs",
  "coalesce",
  "clock",
];

function fail(name: string, got: unknown, expected: string): never {
  return rejectSetting(`redisLimiter ${name}`, got, expected);
}

function isShare(value: unknown): boolean {
  return typeof value === "number" && value > 0 && value <= 1;
}

/** @throws KeywardError `invalid-option` that names the option */
export function resolveRedisOptions(options: RedisLimiterOptions): ResolvedRedisOptions {
  checkOptionNames("redisLimiter", options, KNOWN);
  const { prefix = "keyward:", onUnavailable = "local", localShare = "auto", timeoutMs = 100 } = options;
  const { coalesce = true, initialShare, clock } = options;
  if (typeof prefix !== "string" || /[{}]/.test(prefix)) fail("prefix", prefix, "a string without { and }");
  if (onUnavailable !== "local" && onUnavailable !== "refuse" && onUnavailable !== "admit") {
    fail("onUnavailable", onUnavailable, '"local", "refuse" or "admit"');
  }
  if (localShare !== "auto" && !isShare(localShare)) {
    fail("localShare", localShare, 'a number above 0 and at most 1, or "auto"');
  }
  if (initialShare !== undefined && !isShare(initialShare)) {
    fail("initialShare", initialShare, "a number above 0 and at most 1");
  }
  if (!Number.isSafeInteger(timeoutMs) || timeoutMs < 1 || timeoutMs > 60_000) {
    fail("timeoutMs", timeoutMs, "whole milliseconds from 1 to 60000");
  }
  if (typeof coalesce !== "boolean") fail("coalesce", coalesce, "true or false");
  if (clock !== undefined && typeof clock !== "function") {
    fail("clock", clock, "a function that returns milliseconds");
  }
  return { prefix, onUnavailable, localShare, initialShare, timeoutMs, coalesce, clock };
}
