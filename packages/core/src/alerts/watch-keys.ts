import { LRUCache } from "lru-cache";
import { systemClock, type Clock } from "../clock.ts";
import { guardListener, type KeywardEventMap, type KeywardEvents } from "../events.ts";
import { KeywardError } from "../errors.ts";
import type { ApiKey } from "../keys/record.ts";
import { DAY_MS, HOUR_MS } from "../time.ts";
import { rangeOf } from "./address-range.ts";
import type { Alert } from "./alert.ts";
import { createWebhook, type WebhookOptions } from "./webhook.ts";

/** What is told to whom, and from when on. Without `onAlert` and `webhook` nobody is told. */
export interface AlertOptions {
  /** Called with each alert, within the request that it is of: it must not take long. */
  readonly onAlert?: (alert: Alert) => void;
  /** Where alerts are sent, signed, in the background. */
  readonly webhook?: WebhookOptions;
  /** At which parts of a day, in percent; 80 and 100 if left out. */
  readonly dailyPercent?: readonly number[];
  /** How many requests without a valid key are a spike, and within how long; 100 in a minute if left out. */
  readonly failedAttempts?: { readonly limit: number; readonly windowMs: number };
  /** Milliseconds since the epoch; the machine's if left out. */
  readonly clock?: Clock;
}

/** A watch, kept until it is closed. */
export interface Alerts {
  /** Stops watching, and waits for what is on its way to the webhook, 10 s at most. */
  close(): Promise<void>;
}

const MOST_KEYS = 100_000;
const MOST_RANGES = 32;
const FAILED = new Set(["missing-api-key", "invalid-api-key", "too-many-failed-attempts"]);

/** What is known of a key: how much of which day was told of, and where it is used from. */
interface Known {
  day: number;
  percent: number;
  readonly ranges: Set<string>;
  /** The address it was last used from: most requests come from the same. */
  ip: string;
  /** Until when it is not told again that the key was tried though revoked. */
  quietUntil: number;
}

/**
 * Watches how keys are used, and tells: at 80 % and 100 % of a day, of the first use from another network, of a revoked
 * key that is tried, and of a spike of failed attempts. It holds up no request.
 *
 * What it knows of a key it knows in this process. Another one may tell the same, under the same `id`; after a restart
 * only the network of a key's last use is known.
 *
 * @throws KeywardError `invalid-option`
 *
 * @example
 * ```ts
 * const alerts = watchKeys(kw, { webhook: { url: "https://hooks.example.com/keyward", secret: process.env.WEBHOOK_SECRET } });
 * ```
 */
export function watchKeys({ events }: { readonly events: KeywardEvents }, options: AlertOptions): Alerts {
  const { clock = systemClock, failedAttempts: spike = { limit: 100, windowMs: 60_000 } } = options;
  const onAlert = options.onAlert && guardListener("onAlert", options.onAlert);
  if (onAlert === undefined && options.webhook === undefined) {
    throw new KeywardError("invalid-option", "watchKeys must have onAlert, webhook, or both.");
  }
  const percents = [...(options.dailyPercent ?? [80, 100])].toSorted((a, b) => b - a);
  const webhook = options.webhook === undefined ? undefined : createWebhook(options.webhook);
  const keys = new LRUCache<string, Known>({ max: MOST_KEYS });

  function tell(alert: Alert): void {
    onAlert?.(alert);
    webhook?.send(alert);
  }

  function knownOf(key: ApiKey): Known {
    const known = keys.get(key.id);
    if (known !== undefined) return known;
    const last = key.lastUsedAddress === undefined ? undefined : rangeOf(key.lastUsedAddress);
    const fresh = {
      day: 0,
      percent: 0,
      ranges: new Set(last === undefined ? [] : [last]),
      ip: "",
      quietUntil: 0,
    };
    keys.set(key.id, fresh);
    return fresh;
  }

  function checkDay(key: ApiKey, known: Known, used: number, limit: number): void {
    const now = clock();
    const day = Math.floor(now / DAY_MS);
    if (known.day !== day) {
      known.day = day;
      known.percent = 0;
    }
    const percent = percents.find((each) => used * 100 >= each * limit) ?? 0;
    if (percent <= known.percent) return;
    known.percent = percent;
    const id = `daily-quota:${key.id}:${day}:${percent}`;
    tell({ type: "daily-quota", id, at: new Date(now), key, percent, used, limit });
  }

  function checkRange(key: ApiKey, known: Known, ip: string): void {
    if (known.ip === ip) return;
    known.ip = ip;
    const { ranges } = known;
    const range = rangeOf(ip);
    if (range === undefined || ranges.has(range)) return;
    // The first use of all is no change.
    const isChange = ranges.size > 0;
    if (ranges.size >= MOST_RANGES) ranges.delete(ranges.values().next().value as string);
    ranges.add(range);
    if (!isChange) return;
    const id = `new-address-range:${key.id}:${range}`;
    tell({ type: "new-address-range", id, at: new Date(clock()), key, ip, range });
  }

  function admitted({ key, ip, limits, remaining }: KeywardEventMap["admitted"]): void {
    if (key === undefined) return;
    const known = knownOf(key);
    const [limit, left] = [limits["daily"], remaining["daily"]];
    if (limit !== undefined && left !== undefined) checkDay(key, known, limit - left, limit);
    checkRange(key, known, ip);
  }

  let failures = { from: 0, count: 0, told: false };
  function countFailure(): void {
    const now = clock();
    if (now >= failures.from + spike.windowMs || now < failures.from) {
      failures = { from: now, count: 0, told: false };
    }
    failures.count += 1;
    if (failures.count < spike.limit || failures.told) return;
    failures.told = true;
    const { count, from } = failures;
    const id = `failed-attempts-spike:${from}`;
    tell({ type: "failed-attempts-spike", id, at: new Date(now), count, windowMs: spike.windowMs });
  }

  function refused({ code, key, ip }: KeywardEventMap["refused"]): void {
    if (FAILED.has(code)) countFailure();
    if (key === undefined || code !== "revoked-api-key") return;
    const known = knownOf(key);
    const now = clock();
    if (now < known.quietUntil) return;
    known.quietUntil = now + HOUR_MS;
    const id = `revoked-key-used:${key.id}:${Math.floor(now / HOUR_MS)}`;
    tell({ type: "revoked-key-used", id, at: new Date(now), key, ip });
  }

  const stops = [events.on("admitted", admitted), events.on("refused", refused)];
  return {
    async close() {
      for (const stop of stops) stop();
      await webhook?.close();
    },
  };
}
