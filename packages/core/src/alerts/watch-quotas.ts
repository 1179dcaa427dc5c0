import { LRUCache } from "lru-cache";
import type { KeywardEventMap } from "../events.ts";
import { isQuotaPolicy } from "../limits/policies.ts";
import { MINUTE_MS } from "../time.ts";
import { toAlertKey } from "./alert.ts";
import type { Tell } from "./tell.ts";

/** The most quotas that are remembered as alerted. The store remembers the rest. */
const MAX_REMEMBERED = 100_000;

/** Alerts when percentages of calendar quotas are used. Returns a listener of admitted requests. */
export function watchQuotas(
  tell: Tell,
  percentages: readonly number[],
  clock: () => number,
): (event: KeywardEventMap["admitted"]) => void {
  const descending = percentages.toSorted((a, b) => b - a);
  const alerted = new LRUCache<string, number>({ max: MAX_REMEMBERED });
  return ({ key, limits, remaining, resetMs }) => {
    if (key === undefined) return;
    for (const policy in remaining) {
      const [limit = 0, left = 0] = [limits[policy], remaining[policy]];
      const used = limit - left;
      // First, because it is so for most requests.
      const percent = descending.find((each) => used * 100 >= each * limit);
      if (percent === undefined || !isQuotaPolicy(policy)) continue;
      const now = clock();
      // Periods end on a minute. Rounded, because the clocks of processes differ.
      const endsAt = Math.round((now + (resetMs[policy] ?? 0)) / MINUTE_MS) * MINUTE_MS;
      const subject =
        policy.includes("-") && key.ownerId !== undefined ? `o:${key.ownerId}` : `k:${key.lineageId}`;
      const quota = `${subject}:${policy}:${endsAt}`;
      if ((alerted.get(quota) ?? 0) >= percent) continue;
      alerted.set(quota, percent);
      tell({
        type: "quota",
        id: `quota:${quota}:${percent}`,
        at: new Date(now),
        key: toAlertKey(key),
        policy,
        percent,
        used,
        limit,
        periodEndsAt: new Date(endsAt),
      });
    }
  };
}
