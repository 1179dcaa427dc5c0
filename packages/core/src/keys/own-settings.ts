import { checkAddressList } from "../addresses/address-list.ts";
import type { Actor } from "../audit/audit-event.ts";
import { KeywardError } from "../errors.ts";
import { checkOverrides } from "../limits/limits.ts";
import { checkChoice, checkFields, checkFutureDate, checkText } from "./input.ts";
import type { PauseOptions } from "./lifecycle.ts";
import { isPaused, type OwnFields, type OwnLimits, type PauseFields } from "./record.ts";

/** Settings that a key or an owner can override. `null` removes a value. */
interface OwnSettingsInput {
  readonly plan?: string | null | undefined;
  readonly limits?: OwnLimits | null | undefined;
  readonly allowedAddresses?: readonly string[] | null | undefined;
}

/**
 * Checks own plans, limits and networks, and returns the fields that are given.
 *
 * @throws KeywardError `invalid-input` that names the field
 */
export function checkOwnSettings(
  { plan, limits, allowedAddresses }: OwnSettingsInput,
  planNames: readonly string[],
  now: number,
): Partial<OwnFields> {
  return {
    ...(plan !== undefined && { plan: plan === null ? null : checkChoice(plan, "plan", planNames) }),
    ...(limits !== undefined && checkOwnLimits(limits, now)),
    ...(allowedAddresses !== undefined && {
      allowedAddresses:
        allowedAddresses === null ? null : checkAddressList(allowedAddresses, "allowedAddresses"),
    }),
  };
}

function checkOwnLimits(value: OwnLimits | null, now: number): Pick<OwnFields, "limits" | "limitsUntil"> {
  if (value === null) return { limits: null, limitsUntil: null };
  const fail = (field: string, message: string): never => {
    throw new KeywardError("invalid-input", message, { field });
  };
  if (typeof value !== "object" || Array.isArray(value)) {
    const text = Array.isArray(value) ? "an array" : String(value);
    fail("limits", `limits must be an object of limits or null; got ${text}.`);
  }
  const { until, ...limits } = value;
  const checked = checkOverrides(limits, "limits", fail);
  const limitsUntil = until === undefined ? null : checkFutureDate(until, "limits.until", now);
  // Nothing to override is the same as no limits.
  return Object.keys(checked).length === 0
    ? { limits: null, limitsUntil: null }
    : { limits: checked, limitsUntil };
}

/** Checks a pause that begins now. */
export function checkPause(options: PauseOptions, by: Actor, now: number): PauseFields {
  checkFields(options, ["reason", "until", "ifRevision"], "pause");
  const { reason, until } = options;
  return {
    pausedAt: now,
    pausedUntil: until === undefined ? null : checkFutureDate(until, "until", now),
    pauseReason: reason === undefined ? null : checkText(reason, "reason"),
    pausedBy: by.level ?? "operator",
  };
}

/** The fields of a key or an owner that is not paused. */
export const NOT_PAUSED: PauseFields = {
  pausedAt: null,
  pausedUntil: null,
  pauseReason: null,
  pausedBy: null,
};

/**
 * Requires that an actor may change a pause.
 *
 * @throws KeywardError `not-permitted`
 */
export function checkPauseLevel(fields: PauseFields, { level = "operator" }: Actor, now: number): void {
  if (level === "owner" && fields.pausedBy === "operator" && isPaused(fields, now)) {
    throw new KeywardError(
      "not-permitted",
      "The pause was set by an operator, and only an operator can change it.",
      {
        field: "pause",
      },
    );
  }
}
