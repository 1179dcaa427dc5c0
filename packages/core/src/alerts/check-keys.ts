import type { Keyward } from "../keyward.ts";
import type { ApiKey } from "../keys/record.ts";
import { DAY_MS } from "../time.ts";
import { toAlertKey, type Alert } from "./alert.ts";
import type { Tell } from "./tell.ts";

/** The times at which keys cause alerts, in days. */
export interface KeyAges {
  /** Days before a key expires, the longest first. */
  readonly expiringDays: readonly number[];
  readonly unusedDays: number;
}

const PAGE = 1000;

/** Alerts about keys that expire soon, that are not used, and that are overdue for rotation. Keys that were rotated are left out. */
export async function checkKeys(
  { keys, configuration }: Pick<Keyward, "keys" | "configuration">,
  tell: Tell,
  ages: KeyAges,
  now: number,
): Promise<void> {
  const { rotateAfterDays } = configuration().keyPolicy;
  let cursor: string | undefined;
  do {
    const page = await keys.list({ status: "active", limit: PAGE, ...(cursor !== undefined && { cursor }) });
    for (const key of page.keys) {
      if (key.rotatedTo !== undefined) continue;
      for (const alert of alertsOf(key, { ...ages, rotateAfterDays }, now)) tell(alert);
    }
    cursor = page.nextCursor;
  } while (cursor !== undefined);
}

function* alertsOf(
  key: ApiKey,
  { expiringDays, unusedDays, rotateAfterDays }: KeyAges & { readonly rotateAfterDays: number | undefined },
  now: number,
): Iterable<Alert> {
  const { id, expiresAt, createdAt, lastUsedAt } = key;
  const about = { at: new Date(now), key: toAlertKey(key) };
  const leftMs = expiresAt === undefined ? Infinity : expiresAt.getTime() - now;
  const days = expiringDays.findLast((each) => leftMs <= each * DAY_MS);
  if (expiresAt !== undefined && days !== undefined) {
    yield {
      type: "key-expiring",
      id: `key-expiring:${id}:${expiresAt.getTime()}:${days}`,
      ...about,
      days,
      expiresAt,
    };
  }
  const idleSince = (lastUsedAt ?? createdAt).getTime();
  if (now - idleSince >= unusedDays * DAY_MS) {
    yield {
      type: "key-unused",
      id: `key-unused:${id}:${idleSince}`,
      ...about,
      days: Math.floor((now - idleSince) / DAY_MS),
      ...(lastUsedAt !== undefined && { lastUsedAt }),
    };
  }
  const ageDays = Math.floor((now - createdAt.getTime()) / DAY_MS);
  if (rotateAfterDays !== undefined && ageDays >= rotateAfterDays) {
    yield { type: "rotation-overdue", id: `rotation-overdue:${id}`, ...about, days: ageDays, createdAt };
  }
}
