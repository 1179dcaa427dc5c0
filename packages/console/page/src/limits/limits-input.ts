import type { OwnLimits } from "../api/client.ts";

/** Limits as they are typed. Empty: the plan's limit. `none`: no limit. */
export interface LimitsInput {
  rate: string;
  per: string;
  burst: string;
  hourly: string;
  daily: string;
  weekly: string;
  monthly: string;
  timeZone: string;
  monthStartsOn: string;
}

export const NUMBERS = [
  ["rate", "Rate"],
  ["burst", "Burst"],
  ["hourly", "Per hour"],
  ["daily", "Per day"],
  ["weekly", "Per week"],
  ["monthly", "Per month"],
] as const;

export const NO_LIMITS: LimitsInput = {
  rate: "",
  per: "second",
  burst: "",
  hourly: "",
  daily: "",
  weekly: "",
  monthly: "",
  timeZone: "",
  monthStartsOn: "",
};

/** The names of the fields in the API's errors. */
export const LIMIT_ERROR_FIELDS = Object.fromEntries(
  Object.keys(NO_LIMITS).map((name) => [`limits.${name}`, `limits.${name}`]),
);

export function toLimitsInput(limits: OwnLimits | null): LimitsInput {
  const text = (value: string | number | null | undefined) => (value === null ? "none" : String(value ?? ""));
  return limits === null
    ? NO_LIMITS
    : {
        rate: text(limits.rate),
        per: limits.per ?? "second",
        burst: text(limits.burst),
        hourly: text(limits.hourly),
        daily: text(limits.daily),
        weekly: text(limits.weekly),
        monthly: text(limits.monthly),
        timeZone: text(limits.timeZone),
        monthStartsOn: text(limits.monthStartsOn),
      };
}

/** `null` if nothing is overridden. */
export function toOwnLimits(input: LimitsInput, until?: string): OwnLimits | null {
  const number = (text: string) =>
    text.trim().toLowerCase() === "none" ? null : Number(text.replaceAll(/[\s,_]/g, ""));
  const limits: Record<string, unknown> = {};
  for (const [name] of NUMBERS) if (input[name].trim() !== "") limits[name] = number(input[name]);
  if (typeof limits["rate"] === "number" && input.per !== "second") limits["per"] = input.per;
  if (input.timeZone.trim() !== "") limits["timeZone"] = input.timeZone.trim();
  if (input.monthStartsOn.trim() !== "") limits["monthStartsOn"] = number(input.monthStartsOn);
  if (Object.keys(limits).length === 0) return null;
  return { ...(limits as OwnLimits), ...(until !== undefined && { until }) };
}
