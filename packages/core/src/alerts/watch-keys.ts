import { systemClock, type Clock } from "../clock.ts";
import { emitEvent, guardListener, type KeywardEventName, type KeywardListener } from "../events.ts";
import type { Keyward } from "../keyward.ts";
import { optionError } from "../option-error.ts";
import { HOUR_MS } from "../time.ts";
import { ownerOf, type Alert } from "./alert.ts";
import { checkKeys } from "./check-keys.ts";
import { AlertClaims } from "./tell.ts";
import { watchFailures, type Spike } from "./watch-failures.ts";
import { watchNetworks } from "./watch-networks.ts";
import { watchQuotas } from "./watch-quotas.ts";
import { createWebhook, type WebhookOptions } from "./webhook.ts";

/** The facts that cause alerts, and the receivers of alerts. Each is an event `alert` of the Keyward too, which logs and metrics record. */
export interface AlertOptions {
  /** Called with each alert. */
  readonly onAlert?: ((alert: Alert) => void) | undefined;
  /** Called with each alert that concerns a customer's keys: send it to them as you like. */
  readonly onOwnerAlert?: ((ownerId: string, alert: Alert) => void) | undefined;
  /** The URL that alerts are sent to, signed, in the background. */
  readonly webhook?: WebhookOptions | undefined;
  /** Percentages of calendar quotas, of key lines, owners and budgets. Default: 80 and 100. */
  readonly quotaPercent?: readonly number[] | undefined;
  /** Days before a key expires. Default: 30, 14, 7 and 1. */
  readonly expiringDays?: readonly number[] | undefined;
  /** After how many days without use. Default: 90. */
  readonly unusedDays?: number | undefined;
  /** The number of requests without a valid key that are a spike, and the time within which they arrive. Default: 100 in a minute. */
  readonly failedAttempts?: Spike | undefined;
  /** Milliseconds since the epoch. Default: the machine's clock. */
  readonly clock?: Clock | undefined;
}

/** A watch that goes on until it is closed. */
export interface Alerts {
  /** Checks the ages of all keys now. It happens once an hour in one of the processes; programs that are frozen between requests call it. */
  check(): Promise<void>;
  /** Stops watching, and waits up to 10 s for alerts that are being sent. */
  close(): Promise<void>;
}

/**
 * Watches keys, limits and the store, and sends an alert for each fact once: among all processes of the store, and across restarts. Requests
 * do not wait for it.
 *
 * @throws KeywardError `invalid-option`
 *
 * @example
 * ```ts
 * const alerts = watchKeys(kw, { webhook: { url: "https://hooks.example.com/keyward", secret: process.env.WEBHOOK_SECRET } });
 * ```
 */
export function watchKeys(
  kw: Pick<Keyward, "events" | "claim" | "keys" | "configuration">,
  options: AlertOptions = {},
): Alerts {
  const { clock = systemClock, quotaPercent = [80, 100], unusedDays = 90 } = options;
  const expiringDays = checkNumbers("expiringDays", options.expiringDays ?? [30, 14, 7, 1]).toSorted(
    (a, b) => b - a,
  );
  const spike = options.failedAttempts ?? { limit: 100, windowMs: 60_000 };
  checkNumbers("quotaPercent", quotaPercent);
  checkNumbers("unusedDays", [unusedDays]);
  checkNumbers("failedAttempts", [spike.limit, spike.windowMs]);
  const onAlert = options.onAlert && guardListener("onAlert", options.onAlert);
  const onOwnerAlert = options.onOwnerAlert && guardOwnerListener(options.onOwnerAlert);
  const webhook = options.webhook === undefined ? undefined : createWebhook(options.webhook);

  const claims = new AlertClaims(kw, clock, (alert) => {
    emitEvent(kw.events, "alert", alert);
    onAlert?.(alert);
    webhook?.send(alert);
    const ownerId = ownerOf(alert);
    if (ownerId !== undefined) onOwnerAlert?.({ ownerId, alert });
  });
  const quotas = watchQuotas(claims.tell, quotaPercent, clock);
  const networks = watchNetworks(claims.tell, claims.claim, clock);
  const failures = watchFailures(claims.tell, spike, clock);
  const stops = [
    kw.events.on("admitted", quotas),
    kw.events.on("admitted", networks),
    ...(Object.keys(failures) as KeywardEventName[]).map((name) =>
      kw.events.on(name, failures[name] as KeywardListener<typeof name>),
    ),
  ];

  const check = async () => {
    await checkKeys(kw, claims.tell, { expiringDays, unusedDays }, clock());
    await claims.settle();
  };
  /** One process an hour checks. A failure is an event of the store already. */
  const checkInTurn = async () => {
    const hour = Math.floor(clock() / HOUR_MS);
    if (await kw.claim(`check-keys:${hour}`, new Date((hour + 2) * HOUR_MS))) await check();
  };
  const timer = setInterval(() => void checkInTurn().catch(() => {}), HOUR_MS).unref();
  const firstCheck = setTimeout(() => void checkInTurn().catch(() => {}), FIRST_CHECK_MS).unref();

  return {
    check,
    async close() {
      clearInterval(timer);
      clearTimeout(firstCheck);
      for (const stop of stops) stop();
      await claims.settle();
      await webhook?.close();
    },
  };
}

/** A process that starts has more important work than the ages of keys. */
const FIRST_CHECK_MS = 10_000;

interface OwnerAlert {
  readonly ownerId: string;
  readonly alert: Alert;
}

function guardOwnerListener(
  listener: NonNullable<AlertOptions["onOwnerAlert"]>,
): (event: OwnerAlert) => void {
  return guardListener("onOwnerAlert", ({ ownerId, alert }: OwnerAlert) => listener(ownerId, alert));
}

function checkNumbers(option: string, values: unknown): readonly number[] {
  const isValid = Array.isArray(values) && values.every((value) => Number.isFinite(value) && value > 0);
  if (isValid) return values as readonly number[];
  throw optionError(option, "numbers above 0", String(values));
}
