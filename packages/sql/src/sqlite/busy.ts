import { setTimeout as sleep } from "node:timers/promises";

/** For how long a writer waits for its turn before the store counts as not answering. */
const PATIENCE_MS = 5000;

const BUSY = 5;

/** Whether SQLite gave up because another connection was writing. */
function isBusy(error: unknown): boolean {
  const { errcode, rawCode } = (error ?? {}) as { errcode?: number; rawCode?: number };
  return ((errcode ?? rawCode ?? 0) & 0xff) === BUSY;
}

/**
 * Does what needs the write lock, again and again until it is free. SQLite's own waiting would hold up
 * every request of this process; here they go on meanwhile.
 */
export async function whenFree<T>(act: () => Promise<T> | T): Promise<T> {
  const giveUpAt = performance.now() + PATIENCE_MS;
  for (let waitMs = 1; ; waitMs = Math.min(waitMs * 2, 50)) {
    try {
      return await act();
    } catch (error) {
      if (!isBusy(error) || performance.now() > giveUpAt) throw error;
    }
    await sleep(waitMs * (0.5 + Math.random()));
  }
}
