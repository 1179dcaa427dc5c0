import type { Limiter, LimiterStatusChange } from "../../src/limits/limiter.ts";
import type { Limits } from "../../src/limits/limits.ts";

/** The outcome of one request. */
export interface Answered {
  readonly subject: string;
  readonly startedAt: number;
  readonly tookMs: number;
  readonly allowed: boolean;
  readonly error?: unknown;
}

/** A stretch in which this process was ready to run and was given no processor. */
interface Starved {
  readonly from: number;
  readonly to: number;
  readonly ms: number;
}

export interface RunningLoad {
  readonly answered: readonly Answered[];
  readonly starved: readonly Starved[];
  /** Status changes of the limiter and their times. */
  readonly changes: readonly { readonly at: number; readonly change: LimiterStatusChange }[];
  /** No more requests; resolves when the last has a result. */
  stop(): Promise<void>;
}

const TICK_MS = 10;

/**
 * The longest that a request waited, in milliseconds, without the time that the machine took from this process: a shared one may give it no processor for a tenth of a second, and no limiter can decide in that time. Time in which the process did run is never taken off.
 */
export function longestWait({ answered, starved }: Pick<RunningLoad, "answered" | "starved">): number {
  return Math.max(
    ...answered.map(({ startedAt, tookMs }) => {
      const during = starved.filter(({ from, to }) => from < startedAt + tookMs && to > startedAt);
      return tookMs - during.reduce((sum, { ms }) => sum + ms, 0);
    }),
  );
}

/** Asks evenly, `perSecond` times a second over so many subjects, until it is stopped. */
export function startLoad(
  limiter: Limiter,
  { perSecond, subjects, limits }: { perSecond: number; subjects: number; limits: Limits },
): RunningLoad {
  const answered: Answered[] = [];
  const changes: { at: number; change: LimiterStatusChange }[] = [];
  const starved: Starved[] = [];
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
  let tickedAt = startedAt;
  let used = process.cpuUsage();
  function noteStarvation(): void {
    const now = performance.now();
    const { user, system } = process.cpuUsage(used);
    const ms = now - tickedAt - TICK_MS - (user + system) / 1000;
    if (ms > TICK_MS) starved.push({ from: tickedAt, to: now, ms });
    tickedAt = now;
    used = process.cpuUsage();
  }
  const timer = setInterval(() => {
    noteStarvation();
    const due = ((performance.now() - startedAt) * perSecond) / 1000;
    while (asked < due) {
      const one = ask().finally(() => waiting.delete(one));
      waiting.add(one);
    }
  }, TICK_MS);
  return {
    answered,
    starved,
    changes,
    async stop() {
      clearInterval(timer);
      await Promise.all(waiting);
      stopListening?.();
    },
  };
}
