import type { Session } from "../api/client.ts";

const DAY_MS = 86_400_000;
const DAYS = [7, 30, 90, 365];

/** `default`, `never`, a number of days, or `date`. */
export interface ExpiryInput {
  choice: string;
  /** `2027-01-31`, where the choice is `date`. */
  date: string;
}

/** The longest and the default lifetime of keys that a principal creates, in days; `undefined` for no limit. */
export function lifetimeOf(
  policy: Session["keyPolicy"],
  bounds: Session["permissions"]["create"],
): { readonly maxDays: number | undefined; readonly defaultDays: number | undefined } {
  const limits = [policy.maxLifetimeDays, bounds?.maxLifetimeDays].filter((days) => typeof days === "number");
  const maxDays = limits.length === 0 ? undefined : Math.min(...limits);
  return { maxDays, defaultDays: policy.defaultLifetimeDays ?? maxDays };
}

/** The choices of an expiry within the longest lifetime that is permitted. */
export function expiryChoices(
  defaultDays: number | undefined,
  maxDays: number | undefined,
): readonly (readonly [string, string])[] {
  return [
    ...(defaultDays === undefined ? [] : [["default", `${defaultDays} days (default)`] as const]),
    ...DAYS.filter((days) => maxDays === undefined || days <= maxDays).map(
      (days) => [String(days), `${days} days`] as const,
    ),
    ...(maxDays === undefined ? [["never", "No expiry"] as const] : []),
    ["date", "On a date…"],
  ];
}

/** `undefined` for the default, `null` for no expiry. A date lasts until its end in UTC. */
export function expiryOf({ choice, date }: ExpiryInput): string | null | undefined {
  if (choice === "default" || choice === "") return undefined;
  if (choice === "never") return null;
  if (choice === "date") return date === "" ? undefined : `${date}T23:59:59.000Z`;
  return new Date(Date.now() + Number(choice) * DAY_MS).toISOString();
}
