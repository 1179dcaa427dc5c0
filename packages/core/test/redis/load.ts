import type { Limiter, LimiterStatusChange } from "../../src/limits/limiter.ts";
import type { Limits } from "../../src/limits/limits.ts";

/** How one request fared. */
export interface Answered {
  readonly subject: string;
  readonly startedAt: number;
  readonly tookMs: number;
  readonly allowed: boolean;
  readonly error?: unknown;
}

export interface RunningLoad {
  readonly answered: readonly Answered[];
  /** What the limiter told of its status, and when. */
  readonly changes: readonly { readonly at: number; readonly change: LimiterStatusChange }[];
  /** No more requests; resolves when the last is answered. */
  stop(): Promise<void>;
}

const TICK_MS = 10;

/** Asks evenly, `perSecond` times a second over so many subjects, until it is stopped. */
export function startLoad(
  limiter: Limiter,
  { perSecond, subjects, limits }: { perSecond: number; subjects: number; limits: Limits },
): RunningLoad {
  const answered: Answered[] = [];
  const changes: { at: number; change: LimiterStatusChange }[] = [];
  const waiting = new Set<Promise<void>>();
  const startedAt = performance.now();
  let asked = 0;

  async function ask(): Promise<void> {
    const subject = `subject ${asked % subjects}`;
    asked += 1;
    const from = performance.now();
    try {
      const { allowed } = await limiter.consume(subject, limits, 1);
      answered.push({ subject, startedAt: from, tookMs: performance.now() - from, allowed });
    } catch (error) {
      answered.push({ subject, startedAt: from, tookMs: performance.now() - from, allowed: false, error });
    }
  }

  const stopListening = limiter.onStatus?.((change) => changes.push({ at: performance.now(), change }));
  const timer = setInterval(() => {
    const due = ((performance.now() - startedAt) * perSecond) / 1000;
    while (asked < due) {
      const one = ask().finally(() => waiting.delete(one));
      waiting.add(one);
    }
  }, TICK_MS);
  return {
    answered,
    changes,
    async stop() {
      clearInterval(timer);
      await Promise.all(waiting);
      stopListening?.();
    },
  };
}
