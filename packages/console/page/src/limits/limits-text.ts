import type { ApiKey, Limits, OwnLimits } from "../api/client.ts";
import { count } from "../ui/format.ts";

const QUOTAS = [
  ["hourly", "hour"],
  ["daily", "day"],
  ["weekly", "week"],
  ["monthly", "month"],
] as const;
const SHORT_UNITS = { second: "s", minute: "min", hour: "h" };

/** `200/s · burst 500 · 2,000/day (UTC)` */
export function limitsText(limits: Limits | OwnLimits | null | undefined): string {
  if (limits === null || limits === undefined) return "No limits";
  const { rate, per, burst, timeZone, monthStartsOn } = limits;
  const parts: string[] = [];
  if (typeof rate === "number") parts.push(`${count(rate)}/${SHORT_UNITS[per ?? "second"]}`);
  if (rate === null) parts.push("no rate limit");
  if (typeof burst === "number" && burst !== rate) parts.push(`burst ${count(burst)}`);
  const quotas = QUOTAS.filter(([name]) => limits[name] !== undefined);
  for (const [name, unit] of quotas) {
    const quota = limits[name];
    parts.push(typeof quota === "number" ? `${count(quota)}/${unit}` : `no ${name} limit`);
  }
  if (parts.length === 0) return "No limits";
  const zone =
    quotas.length === 0
      ? ""
      : ` (${timeZone ?? "UTC"}${typeof monthStartsOn === "number" && monthStartsOn !== 1 ? `, months from the ${ordinal(monthStartsOn)}` : ""})`;
  return parts.join(" · ") + zone;
}

function ordinal(day: number): string {
  const ending = day > 3 && day < 21 ? "th" : (["th", "st", "nd", "rd"][day % 10] ?? "th");
  return `${day}${ending}`;
}

/** `Daily`, `Owner, daily` or `search, daily`. */
export function policyLabel(policy: string): string {
  const [, subject, name] = /^(?:(.+)-)?([a-z]+)$/.exec(policy) ?? [];
  const label = subject === undefined ? (name ?? policy) : `${subject}, ${name}`;
  return label.charAt(0).toUpperCase() + label.slice(1);
}

/** The use of one calendar quota. */
export interface QuotaUse {
  readonly policy: string;
  readonly label: string;
  readonly used: number;
  readonly limit: number;
  readonly resetMs: number;
}

/** The calendar quotas that apply to a key: its own, its owner's and those of budgets. */
export function quotaUses({ quota }: Pick<ApiKey, "quota">): readonly QuotaUse[] {
  if (quota === null) return [];
  const { owner, budgets = {}, ...line } = quota.limits;
  const groups: (readonly [string, Limits | undefined])[] = [
    ["", line],
    ["owner-", owner],
    ...Object.entries(budgets).map(([name, limits]) => [`${name}-`, limits] as const),
  ];
  return groups.flatMap(([prefix, limits]) =>
    QUOTAS.flatMap(([name]) => {
      const limit = limits?.[name];
      const policy = prefix + name;
      const remaining = quota.remaining[policy];
      if (limit === undefined || remaining === undefined) return [];
      return [
        {
          policy,
          label: policyLabel(policy),
          used: Math.max(0, limit - remaining),
          limit,
          resetMs: quota.resetMs[policy] ?? 0,
        },
      ];
    }),
  );
}

/** The quota that is closest to its limit. */
export function tightestQuota(key: Pick<ApiKey, "quota">): QuotaUse | undefined {
  return quotaUses(key).toSorted((a, b) => b.used / b.limit - a.used / a.limit)[0];
}
