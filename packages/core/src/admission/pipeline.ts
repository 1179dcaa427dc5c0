import type { KeywardEvents } from "../events.ts";
import type { KeySeal } from "../keys/seal.ts";
import { toApiKey, type ApiKey, type KeyRecord } from "../keys/record.ts";
import type { Verified, VerifiedKeys } from "../keys/verified-keys.ts";
import type { LimitResult } from "../limits/limiter.ts";
import type { Limits } from "../limits/limits.ts";
import type { Mode, Plan } from "../limits/plans.ts";
import type { MaybePromise } from "../maybe-promise.ts";
import type { Settings } from "../options.ts";
import type { UsageRecorder } from "../usage/recorder.ts";
import type { AttemptGuard } from "./attempts.ts";
import { policyField } from "./headers.ts";
import type { PlaintextKeys } from "./plaintext-keys.ts";

/** A key with everything that admission needs of it, worked out once for many requests. */
export interface AdmissibleKey extends Verified {
  readonly record: KeyRecord;
  readonly shown: ApiKey;
  readonly plan: Plan;
  readonly limits: Limits;
  /** What the limiter counts by. */
  readonly subject: string;
  readonly policyField: string;
  /** Whether the server accepts keys of its environment. */
  readonly accepted: boolean;
}

/** The parts that decide a request. One for a server. */
export interface Pipeline {
  readonly settings: Settings;
  readonly seal: KeySeal;
  readonly keys: VerifiedKeys<AdmissibleKey>;
  readonly attempts: AttemptGuard | undefined;
  /** The limiter's `consume`; `now` spares a limiter of this process a look at the same clock. */
  readonly consume: (subject: string, limits: Limits, cost: number, now: number) => MaybePromise<LimitResult>;
  readonly usage: UsageRecorder;
  readonly events: KeywardEvents;
  /** Only where `onPlaintextKey` says to revoke. */
  readonly plaintextKeys: PlaintextKeys | undefined;
  mode: Mode;
  /** Settles when the day's counts have been read from a durable store; until then requests wait. */
  starting: Promise<void> | undefined;
}

/** Works out what admission needs of a key. */
export function admissibleKey(
  record: KeyRecord,
  readAt: number,
  settings: Settings,
  events: KeywardEvents,
): AdmissibleKey {
  if (!settings.plans.has(record.plan)) events.emit("plan.unknown", { keyId: record.id, plan: record.plan });
  const { plan, limits, subject } = limitsOf(record, settings);
  const shown = toApiKey(record, settings.clock());
  return {
    id: record.id,
    readAt,
    usedAt: readAt,
    generation: 0,
    record,
    shown,
    plan,
    limits,
    subject,
    policyField: policyField(limits),
    accepted: settings.environments.includes(record.environment),
  };
}

/** A key's limits, and whom they count for. A plan that the server lacks falls back to `default`. */
export function limitsOf(
  key: {
    readonly id: string;
    readonly ownerId: string;
    readonly plan: string;
    readonly limits?: Limits | null;
  },
  { plans }: Settings,
): { readonly plan: Plan; readonly limits: Limits; readonly subject: string } {
  const plan = plans.get(key.plan) ?? (plans.get("default") as Plan);
  const subject = plan.countBy === "owner" ? `owner:${key.ownerId}` : key.id;
  return { plan, limits: key.limits ?? plan.limits, subject };
}
