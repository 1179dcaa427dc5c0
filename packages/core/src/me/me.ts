import type { Policy } from "../limits/limits.ts";
import type { Quota } from "../limits/limits-control.ts";
import type { PaceAdvice } from "./pace.ts";

/** Usage under one tag. Without `tag`: requests without one. */
export interface MeTagUsage {
  readonly tag?: string;
  readonly admitted: number;
  readonly cost: number;
  readonly refused: number;
}

/** Usage since a time. */
export interface MeUsage {
  /** ISO 8601. */
  readonly since: string;
  readonly admitted: number;
  readonly cost: number;
  readonly refused: number;
  readonly refusedBy: Readonly<Record<Policy, number>>;
  readonly tags: readonly MeTagUsage[];
}

/** Limits and what they leave. */
export interface MeLimits {
  readonly limits: Quota["limits"];
  /** Whole requests that each policy would admit now. */
  readonly remaining: Readonly<Record<Policy, number>>;
  /** Seconds until each policy is whole again if nothing else comes. */
  readonly resetSeconds: Readonly<Record<Policy, number>>;
}

/** The response body of `GET <base>/me`: a key as its holder may see it. */
export interface Me extends MeLimits {
  readonly key: {
    readonly id: string;
    readonly name: string;
    readonly masked: string;
    readonly environment: string;
    readonly scopes: readonly string[];
    /** ISO 8601. */
    readonly createdAt: string;
    /** ISO 8601. Absent for a key that does not expire. */
    readonly expiresAt?: string;
    /** True if another key has replaced it, so that it ends at `expiresAt`. */
    readonly isRotated: boolean;
  };
  readonly plan: string;
  /** Usage of the key line in the current UTC day and month. Absent while the store does not answer. */
  readonly usage?: {
    readonly today: MeUsage;
    readonly month: MeUsage;
    /** Advice on the refusals of yesterday (UTC). Absent where there were none. */
    readonly yesterday?: PaceAdvice;
  };
  /** Limits and usage of all keys of the owner together, where the server has the option `me: { owner: true }`. */
  readonly owner?: MeLimits & {
    readonly id: string;
    readonly usage?: { readonly today: MeUsage; readonly month: MeUsage };
  };
}
