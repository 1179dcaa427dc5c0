import { decide } from "../limits/algorithm.ts";
import { decideAll } from "../limits/group.ts";
import type { GroupResult, LimitResult } from "../limits/limiter.ts";
import { isSameRules, type Rules } from "../limits/rules.ts";
import type { SubjectState } from "../limits/subject.ts";
import type { MaybePromise } from "../maybe-promise.ts";
import type { Fallback, RuledCharge } from "./fallback.ts";

/** The most subjects of one call, so that no call occupies Redis for long. */
const MAX_MEMBERS = 64;

/** A subject of a batch. */
export interface Member {
  readonly subject: string;
  readonly rules: Rules;
  /** True if a request that charges it was refused. */
  isRefused: boolean;
}

/** Equal requests that follow each other. */
interface Run {
  /** The positions of the subjects among the members, and the cost for each. */
  readonly indexes: readonly number[];
  readonly costs: readonly number[];
  /** True if the requests came through `consumeAll`, and get results of several subjects. */
  readonly isGroup: boolean;
  times: number;
}

type Result = LimitResult | GroupResult;

/** Requests whose subjects have one hash tag. They are sent in one call. */
export class Batch {
  readonly tag: string;
  readonly members: Member[] = [];
  readonly #runs: Run[] = [];
  #count = 0;
  /** The result of each request, in their order. One promise for all requests costs less than one for each. */
  readonly #results: Promise<readonly (MaybePromise<Result> | Error)[]>;
  #resolve!: (results: readonly (MaybePromise<Result> | Error)[]) => void;

  constructor(tag: string) {
    this.tag = tag;
    this.#results = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  /** Adds a request about one subject; `undefined` if it does not fit: the subject is in the batch with other rules, or the batch is full. */
  add(subject: string, rules: Rules, cost: number): Promise<LimitResult> | undefined {
    const index = this.#indexOf(subject, rules);
    if (index < 0) return undefined;
    const last = this.#runs.at(-1);
    if (last !== undefined && !last.isGroup && last.indexes[0] === index && last.costs[0] === cost)
      last.times += 1;
    else this.#runs.push({ indexes: [index], costs: [cost], isGroup: false, times: 1 });
    return this.#next() as Promise<LimitResult>;
  }

  /** Adds a request about several subjects; `undefined` if it does not fit. */
  addAll(charges: readonly RuledCharge[]): Promise<GroupResult> | undefined {
    const indexes: number[] = [];
    for (const { subject, rules } of charges) {
      const index = this.#indexOf(subject, rules);
      if (index < 0) return undefined;
      indexes.push(index);
    }
    const last = this.#runs.at(-1);
    const isSame =
      last !== undefined &&
      last.isGroup &&
      last.indexes.length === indexes.length &&
      indexes.every(
        (index, place) => last.indexes[place] === index && last.costs[place] === charges[place]?.cost,
      );
    if (isSame) last.times += 1;
    else this.#runs.push({ indexes, costs: charges.map(({ cost }) => cost), isGroup: true, times: 1 });
    return this.#next() as Promise<GroupResult>;
  }

  #indexOf(subject: string, rules: Rules): number {
    const { members } = this;
    for (let index = 0; index < members.length; index += 1) {
      const member = members[index] as Member;
      if (member.subject === subject) return isSameRules(member.rules, rules) ? index : -1;
    }
    if (members.length >= MAX_MEMBERS) return -1;
    return members.push({ subject, rules, isRefused: false }) - 1;
  }

  #next(): Promise<Result> {
    const index = this.#count;
    this.#count += 1;
    return this.#results.then((results) => {
      const result = results[index] as MaybePromise<Result> | Error;
      if (result instanceof Error) throw result;
      return result;
    });
  }

  /** The requests as `consume.lua` takes them: none for a single one that costs 1 for every subject. */
  requests(): string[] {
    const { length } = this.members;
    const requests: string[] = [];
    const last = this.#runs.at(-1) as Run;
    const isShort = isOneEach(last, length);
    if (isShort && last.times === 1 && this.#runs.length === 1) return requests;
    for (const run of this.#runs) {
      requests.push(String(run.times));
      if (isShort && run === last) break;
      if (length > 1) requests.push(String(run.indexes.length));
      for (const [place, index] of run.indexes.entries()) {
        if (length > 1) requests.push(String(index + 1));
        requests.push(String(run.costs[place]));
      }
    }
    return requests;
  }

  /**
   * Returns the result of each request as if it were alone, in order: the script has counted them all at one instant, and the same
   * arithmetic retraces that from the states before. Marks the members of refused requests.
   */
  answer(states: readonly SubjectState[], wallMs: number): void {
    const results: Result[] = [];
    for (const run of this.#runs) {
      const decideNext = this.#decider(run, states, wallMs);
      let result = decideNext();
      for (let times = 1; ; times += 1) {
        results.push(result);
        if (times === run.times) break;
        // Equal requests after a refused one are refused alike.
        if (result.allowed) result = decideNext();
      }
      if (result.allowed) continue;
      for (const index of run.indexes) (this.members[index] as Member).isRefused = true;
    }
    this.#resolve(results);
  }

  #decider({ indexes, costs, isGroup }: Run, states: readonly SubjectState[], wallMs: number): () => Result {
    const charged = indexes.map((index, place) => {
      const state = states[index] as SubjectState;
      return {
        state,
        rules: (this.members[index] as Member).rules,
        cost: costs[place] as number,
        at: state.levelAt,
      };
    });
    if (isGroup) return () => decideAll(charged, wallMs, wallMs);
    const { state, rules, cost, at } = charged[0] as (typeof charged)[0];
    return () => decide(state, rules, cost, at, wallMs, true);
  }

  /** Has all requests decided without Redis. */
  leaveTo(fallback: Fallback): void {
    const results: (MaybePromise<Result> | Error)[] = [];
    for (const { indexes, costs, isGroup, times } of this.#runs) {
      const charges = indexes.map((index, place) => {
        const { subject, rules } = this.members[index] as Member;
        return { subject, rules, cost: costs[place] as number };
      });
      const [only] = charges;
      for (let count = 0; count < times; count += 1) {
        try {
          results.push(isGroup || only === undefined ? fallback.consumeAll(charges) : fallback.consume(only));
        } catch (error) {
          results.push(error instanceof Error ? error : new Error(String(error)));
        }
      }
    }
    this.#resolve(results);
  }
}

/** True if requests cost 1 for each of `members` subjects. */
function isOneEach({ indexes, costs }: Run, members: number): boolean {
  return indexes.length === members && indexes.every((index, place) => index === place && costs[place] === 1);
}
