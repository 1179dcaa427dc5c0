import type { QuotaRule, Rules } from "../limits/rules.ts";

/**
 * Tolerance of the estimate of Redis's clock. If a period begins or ends within this time, the adjacent period is sent too. If Redis's clock is further away, the script reports it, and is called once more.
 */
const MARGIN_MS = 10_000;

/** Arguments of the scripts for the limits of a subject: see `scripts/includes/read-subject.lua`. */
export class RuleArguments {
  readonly limits: string;
  readonly #rules: Rules;
  #periods = "";
  /** The times for which `#periods` is right. */
  #from = Infinity;
  #until = -Infinity;

  constructor(rules: Rules) {
    const { pace, day, hour, week, month } = rules;
    const numbers = [pace?.rate, pace?.perMs, pace?.burst, day?.limit];
    if (rules.hasOtherQuotas) numbers.push(hour?.limit, week?.limit, month?.limit);
    this.limits = numbers.map((number) => number ?? 0).join(" ");
    this.#rules = rules;
  }

  /** The periods around a time on Redis's clock. */
  periodsAt(estimateMs: number): string {
    if (estimateMs < this.#from || estimateMs >= this.#until) this.#update(estimateMs);
    return this.#periods;
  }

  #update(estimateMs: number): void {
    const { day, hour, week, month, hasOtherQuotas } = this.#rules;
    this.#from = -Infinity;
    this.#until = Infinity;
    const quotas = hasOtherQuotas ? [day, hour, week, month] : [day];
    this.#periods = quotas.map((quota) => this.#boundaries(quota, estimateMs)).join(" ");
  }

  /** Three boundaries of two periods that follow each other. The last is 0 if only one is near. */
  #boundaries(quota: QuotaRule | undefined, estimateMs: number): string {
    if (quota === undefined) return "0 0 0";
    const { calendar } = quota;
    const { startMs, endMs } = calendar.periodAt(estimateMs);
    const [early, late] = [startMs + MARGIN_MS, endMs - MARGIN_MS];
    if (estimateMs < early) {
      this.#rightFor(startMs, early);
      return `${calendar.periodAt(startMs - 1).startMs} ${startMs} ${endMs}`;
    }
    if (estimateMs >= late) {
      this.#rightFor(late, endMs);
      return `${startMs} ${endMs} ${calendar.periodAt(endMs).endMs}`;
    }
    this.#rightFor(early, late);
    return `${startMs} ${endMs} 0`;
  }

  #rightFor(from: number, until: number): void {
    this.#from = Math.max(this.#from, from);
    this.#until = Math.min(this.#until, until);
  }
}

const cached = new WeakMap<Rules, RuleArguments>();

/** The arguments for rules, computed once. */
export function argumentsOf(rules: Rules): RuleArguments {
  let args = cached.get(rules);
  if (args === undefined) cached.set(rules, (args = new RuleArguments(rules)));
  return args;
}
