import type { Clock } from "../clock.ts";
import type { KeywardEvents } from "../events.ts";
import type { KeyStore } from "../keys/store.ts";
import type { UsageRecorder } from "../usage/recorder.ts";
import { DAY_MS } from "./algorithm.ts";
import type { JournaledLimiter, Limiter } from "./limiter.ts";

const RETRY_AFTER_MS = 1000;

function isJournaled(limiter: Limiter): limiter is JournaledLimiter {
  return "restoreDaily" in limiter && "setJournal" in limiter;
}

/**
 * Gives a limiter that counts in this process the day's counts that a durable store kept, and keeps
 * them there from then on. If the store fails it is asked again until it answers; counts made before
 * are not kept, which are few, since without the store no key can be looked up either.
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
  if (!store.durable || !isJournaled(limiter)) return undefined;
  let timer: NodeJS.Timeout | undefined;
  async function tryOnce(journaled: JournaledLimiter): Promise<void> {
    try {
      journaled.restoreDaily(await store.readDaily(Math.floor(clock() / DAY_MS)));
      journaled.setJournal(recorder.journal);
    } catch (error) {
      events.emit("store.failed", { during: "start", error });
      timer = setTimeout(() => void tryOnce(journaled), RETRY_AFTER_MS);
      timer.unref();
    }
  }
  return { firstTry: tryOnce(limiter), stop: () => clearTimeout(timer) };
}
