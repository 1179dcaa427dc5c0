import type { Clock } from "../clock.ts";
import type { KeywardEvents } from "../events.ts";
import type { KeyStore } from "../keys/store.ts";
import type { UsageRecorder } from "../usage/recorder.ts";
import { DAY_MS } from "./algorithm.ts";
import { isLocal, type Limiter, type LocalLimiter } from "./limiter.ts";

const RETRY_AFTER_MS = 1000;

/**
 * Gives a limiter that counts in this process the day's counts that a durable store kept, and keeps
 * them there from then on. If the store fails it is asked again until it answers; counts made before
 * are stored then.
 *
 * @returns `undefined` where there is nothing to restore
 */
export function restoreDailyCounts(
  limiter: Limiter,
  store: KeyStore,
  clock: Clock,
  recorder: UsageRecorder,
  events: KeywardEvents,
): { readonly firstTry: Promise<void>; stop(): void } | undefined {
  if (!store.durable || !isLocal(limiter)) return undefined;
  let timer: NodeJS.Timeout | undefined;
  async function tryOnce(local: LocalLimiter): Promise<void> {
    try {
      const counts = await store.readDaily(Math.floor(clock() / DAY_MS));
      local.setJournal(recorder.journal);
      local.restoreDaily(counts);
    } catch (error) {
      events.emit("store.failed", { during: "start", error });
      timer = setTimeout(() => void tryOnce(local), RETRY_AFTER_MS);
      timer.unref();
    }
  }
  return { firstTry: tryOnce(limiter), stop: () => clearTimeout(timer) };
}
