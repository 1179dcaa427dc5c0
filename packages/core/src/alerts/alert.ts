import type { ApiKey } from "../keys/record.ts";
import type { Policy } from "../limits/limits.ts";

/** The key that an alert is about. Nothing that an application keeps with it, such as metadata. */
export type AlertKey = Pick<ApiKey, "id" | "name" | "masked" | "environment" | "ownerId">;

interface AlertBase {
  /** The same for the same fact in every process, so that a receiver can recognize one that it got twice. */
  readonly id: string;
  readonly at: Date;
}

interface KeyAlert extends AlertBase {
  readonly key: AlertKey;
}

/** A fact that an operator, or the owner of a key, may want to know at once. */
export type Alert =
  /** A percentage of a calendar quota is used. The quota is that of the key line, of its owner, or of a budget: see `policy`. */
  | (KeyAlert & {
      readonly type: "quota";
      readonly policy: Policy;
      readonly percent: number;
      readonly used: number;
      readonly limit: number;
      readonly periodEndsAt: Date;
    })
  /** A key expires within so many days. */
  | (KeyAlert & { readonly type: "key-expiring"; readonly days: number; readonly expiresAt: Date })
  /** A key has not been used for so many days. `lastUsedAt` is absent for a key that was never used. */
  | (KeyAlert & { readonly type: "key-unused"; readonly days: number; readonly lastUsedAt?: Date })
  /** A key is older than `keyPolicy.rotateAfterDays`. */
  | (KeyAlert & { readonly type: "rotation-overdue"; readonly days: number; readonly createdAt: Date })
  /** A key is used from a network that it was not used from before: an IPv4 /24, or an IPv6 /56. */
  | (KeyAlert & { readonly type: "new-network"; readonly ip: string; readonly network: string })
  /** A revoked key was tried. */
  | (KeyAlert & { readonly type: "revoked-key-tried"; readonly ip: string })
  /** Far more requests than usual come without a valid key. */
  | (AlertBase & { readonly type: "failed-attempts"; readonly count: number; readonly windowMs: number })
  /** The limiter decides without its server. */
  | (AlertBase & { readonly type: "limiter-degraded"; readonly reason: string })
  /** The key store failed. */
  | (AlertBase & { readonly type: "store-failing"; readonly during: string; readonly reason: string });

/** The kinds of alerts. */
export type AlertType = Alert["type"];

/** The owner that an alert concerns; `undefined` for alerts that only operators get. */
export function ownerOf(alert: Alert): string | undefined {
  return "key" in alert ? alert.key.ownerId : undefined;
}

export function toAlertKey({ id, name, masked, environment, ownerId }: ApiKey): AlertKey {
  return { id, name, masked, environment, ...(ownerId !== undefined && { ownerId }) };
}
