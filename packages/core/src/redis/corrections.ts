import type { Correction } from "../limits/limiter.ts";
import { rulesOf } from "../limits/rules.ts";
import { Standing } from "../limits/standing.ts";
import type { RedisTime } from "./redis-time.ts";
import type { ScriptRunner } from "./runner.ts";
import { scripts } from "./script.ts";
import { tagOf } from "./subject-key.ts";

/** The most corrections of one call, so that no call occupies Redis for long. */
const MAX_TOGETHER = 64;

/** The most corrections that are kept while Redis cannot be asked. */
const MAX_KEPT = 10_000;

/** Sends corrections to Redis: those of one hash tag in one call. Keeps them while Redis cannot be asked. */
export class Corrections {
  readonly #runner: ScriptRunner;
  readonly #time: RedisTime;
  /** By hash tag. */
  #waiting = new Map<string, Correction[]>();
  #kept: Correction[] = [];
  #sending: Promise<unknown> | undefined;

  constructor(runner: ScriptRunner, time: RedisTime) {
    this.#runner = runner;
    this.#time = time;
  }

  add(correction: Correction): void {
    const tag = tagOf(correction.subject);
    const waiting = this.#waiting.get(tag);
    if (waiting === undefined) this.#waiting.set(tag, [correction]);
    else waiting.push(correction);
  }

  /** Keeps a correction until {@link takeKept}; the oldest is lost when there are too many. */
  keep(correction: Correction): void {
    if (this.#kept.length >= MAX_KEPT) this.#kept.shift();
    this.#kept.push(correction);
  }

  takeKept(): readonly Correction[] {
    const kept = this.#kept;
    this.#kept = [];
    return kept;
  }

  /**
   * Sends what was added, at the end of this turn of the event loop. Never rejects: a correction that fails may have been made, and so is not
   * made again.
   */
  send(): Promise<void> {
    if (this.#waiting.size === 0) return Promise.resolve();
    this.#sending ??= new Promise((resolve) => {
      setImmediate(() => {
        this.#sending = undefined;
        const waiting = [...this.#waiting.values()];
        this.#waiting = new Map();
        resolve(Promise.all(waiting.map((corrections) => this.#sendAll(corrections).catch(() => {}))));
      });
    });
    return this.#sending.then(() => {});
  }

  async #sendAll(corrections: readonly Correction[]): Promise<void> {
    for (let from = 0; from < corrections.length; from += MAX_TOGETHER) {
      const some = corrections.slice(from, from + MAX_TOGETHER);
      const done = await this.#run(some);
      // The others need other periods, which are known now.
      if (done < some.length) await this.#run(some.slice(done));
    }
  }

  /** The number of corrections that were made, in their order. */
  async #run(corrections: readonly Correction[]): Promise<number> {
    const startedAt = performance.now();
    const subjects = corrections.map(({ subject, limits }) => ({ subject, rules: rulesOf(limits) }));
    const reply = await this.#runner.run(scripts.correct, subjects, corrections.map(toArgument));
    const [done, now] = (reply as readonly (number | string)[]).map(Number) as [number, number];
    this.#time.learn(now, { startedAt, settled: false });
    return done;
  }
}

/** A correction as `correct.lua` takes it. */
function toArgument({ cost, charged, includesPacing = true }: Correction): string {
  const standing = charged instanceof Standing ? charged : undefined;
  const { rate, perMs, burst } = standing?.rules.pace ?? { rate: 0, perMs: 0, burst: 0 };
  const chargedAt = standing === undefined ? [0, 0] : [standing.at, standing.wallMs];
  return [cost, includesPacing ? 1 : 0, ...chargedAt, rate, perMs, burst].join(" ");
}
