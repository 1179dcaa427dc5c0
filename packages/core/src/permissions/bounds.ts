import { KeywardError } from "../errors.ts";
import { grantsScope, RESERVED_SCOPES } from "../keys/scopes.ts";
import { QUOTA_NAMES, type Limits } from "../limits/limits.ts";
import { DAY_MS } from "../time.ts";
import type { CreatePermission, Grants } from "./permissions.ts";

/** A refused operation. `field` is the field of the input that it is refused for, or the operation. */
export function notPermitted(field: string, message: string): KeywardError {
  return new KeywardError("not-permitted", message, { field });
}

/** The settings of a key that bounds apply to. */
export interface KeySettings {
  readonly plan?: string | null | undefined;
  readonly scopes?: readonly string[] | undefined;
  readonly environment?: string | undefined;
}

/** Refuses settings that a principal may not grant. */
export function checkBounds(
  { plan, scopes = [], environment }: KeySettings,
  { isUnrestricted, create }: Pick<Grants, "isUnrestricted" | "create">,
): void {
  if (isUnrestricted) return;
  const bounds = create ?? {};
  if (plan !== undefined && plan !== null && !(bounds.plans ?? []).includes(plan)) {
    throw notPermitted("plan", `You may not use the plan ${JSON.stringify(plan)}.`);
  }
  const refused = scopes.find(
    (scope) => scope.startsWith(RESERVED_SCOPES) || !grantsScope(bounds.scopes ?? [], scope),
  );
  if (refused !== undefined) throw notPermitted("scopes", `You may not grant the scope ${refused}.`);
  const { environments } = bounds;
  if (environment !== undefined && environments !== undefined && !environments.includes(environment)) {
    throw notPermitted(
      "environment",
      `You may not create keys for the environment ${JSON.stringify(environment)}.`,
    );
  }
}

/**
 * The expiry of a new key within a principal's bounds: a key without one gets the longest lifetime.
 *
 * @throws KeywardError `not-permitted`
 */
export function boundExpiry(
  expiresAt: Date | undefined,
  { maxLifetimeDays }: CreatePermission,
  now: number,
): Date | undefined {
  if (maxLifetimeDays === undefined) return expiresAt;
  const latest = now + maxLifetimeDays * DAY_MS;
  if (expiresAt === undefined) return new Date(latest);
  if (expiresAt.getTime() <= latest) return expiresAt;
  throw notPermitted("expiresAt", `A key may be valid for at most ${maxLifetimeDays} days.`);
}

/**
 * Refuses a change of limits that raises or removes any limit, or moves a period.
 *
 * @param result the limits that would be in force after the change
 * @param inForce the limits that are in force now
 */
export function checkLower(result: Limits | undefined, inForce: Limits | undefined): void {
  if (inForce === undefined) return;
  const next = result ?? {};
  checkLowerPace(next, inForce);
  for (const quota of QUOTA_NAMES) {
    const [limit, current] = [next[quota], inForce[quota]];
    if (current !== undefined && (limit === undefined || limit > current)) {
      throw notPermitted(`limits.${quota}`, `You may only lower the ${quota} limit, which is ${current}.`);
    }
  }
  for (const field of ["timeZone", "monthStartsOn"] as const) {
    const hasQuota = QUOTA_NAMES.some((quota) => inForce[quota] !== undefined);
    if (hasQuota && next[field] !== inForce[field])
      throw notPermitted(`limits.${field}`, `You may not change ${field}.`);
  }
}

function checkLowerPace(next: Limits, inForce: Limits): void {
  const { rate, per = "second", burst = rate } = inForce;
  if (rate === undefined || burst === undefined) return;
  const isLower =
    next.rate !== undefined &&
    (next.per ?? "second") === per &&
    next.rate <= rate &&
    (next.burst ?? next.rate) <= burst;
  if (!isLower) {
    throw notPermitted(
      "limits.rate",
      `You may only lower rate and burst, which are ${rate} and ${burst} per ${per}.`,
    );
  }
}
