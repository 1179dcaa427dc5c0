import type { ApiKey, Keyward } from "@keyward/core";

const DAY_MS = 86_400_000;

/** A key's use of the current UTC day, what remains of its limits, and when they are whole again. */
export async function usageToday(kw: Keyward, key: ApiKey) {
  const start = new Date(Math.floor(Date.now() / DAY_MS) * DAY_MS);
  const [today] = await kw.usage.query({
    keyId: key.id,
    from: start,
    to: new Date(start.getTime() + DAY_MS),
    per: "day",
  });
  const { limits, remaining, resetMs } = await kw.quota(key);
  return {
    day: start.toISOString().slice(0, 10),
    admitted: today?.admitted ?? 0,
    cost: today?.cost ?? 0,
    refused: today?.refused ?? 0,
    refusedBy: today?.refusedBy ?? {},
    limits,
    remaining,
    resetSeconds: Object.fromEntries(
      Object.entries(resetMs).map(([policy, ms]) => [policy, Math.ceil(ms / 1000)]),
    ),
  };
}
