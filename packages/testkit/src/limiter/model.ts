import assert from "node:assert/strict";
import type { Limiter, Limits, Policy } from "@keyward/core";
import type { Charge, Correction, GroupResult, LimitResult } from "@keyward/core/limiter";
import fc from "fast-check";
import {
  ReferenceLimiter,
  type ReferenceInstant,
  type Remembers,
  type Verdict,
} from "../reference/reference-limiter.ts";
import type { TestRunner } from "../runner.ts";
import { testClock, type TestClock } from "../test-clock.ts";
import type { LimiterUnderTest } from "../test-limiter.ts";
import { anyHistories, plainHistories, SUBJECT_NAMES, type History, type Step } from "./histories.ts";
import { KNOWN_HISTORIES } from "./known-histories.ts";

const QUOTA_NAMES = ["hourly", "daily", "weekly", "monthly"] as const;
const UNIT_MS = { second: 1000, minute: 60_000, hour: 3_600_000 };

/** Random traffic, costs, limits and clock steps; every result is compared with the reference model. */
export function testLimiterByModel({ it }: TestRunner, { create, runs, remembers }: LimiterUnderTest): void {
  const replay = async (history: History) => {
    const clock = testClock(history.start);
    const limiter = await create(clock);
    try {
      const player = new Player(limiter, clock, history, remembers);
      for (const step of history.steps) await player.take(step);
    } finally {
      await limiter.close();
    }
  };
  const share = Math.ceil(runs / 3);
  it(`agrees with the reference model over ${share} random histories of usual limits`, async () => {
    await fc.assert(fc.asyncProperty(plainHistories, replay), { numRuns: share });
  }, 600_000);

  it(`agrees with the reference model over ${runs - share} random histories of any limits, with changes and corrections`, async () => {
    const examples = KNOWN_HISTORIES.map((history): [History] => [history]);
    await fc.assert(fc.asyncProperty(anyHistories, replay), { numRuns: runs - share, examples });
  }, 600_000);
}

interface AdmittedRequest {
  readonly charges: readonly Charge[];
  readonly results: readonly LimitResult[];
  /** For each charge, when the model admitted it. */
  readonly instants: readonly ReferenceInstant[];
  isSettled: boolean;
}

/** Plays a history on a limiter and on the model. */
class Player {
  readonly #limiter: Limiter;
  readonly #clock: TestClock;
  readonly #history: History;
  readonly #model: ReferenceLimiter;
  readonly #remembers: Remembers | undefined;
  readonly #admitted: AdmittedRequest[] = [];
  /** The limits that each subject was last asked about under. */
  readonly #latest = new Map<string, Limits>();
  /** A refund of pacing may take back less than the whole, so that waiting times are upper bounds from then on. */
  #isLoose = false;

  constructor(limiter: Limiter, clock: TestClock, history: History, remembers: Remembers | undefined) {
    this.#limiter = limiter;
    this.#clock = clock;
    this.#history = history;
    this.#remembers = remembers;
    this.#model = new ReferenceLimiter(clock(), remembers);
  }

  async take(step: Step): Promise<void> {
    this.#move(step.wait);
    const charges = this.#chargesOf(step);
    for (let count = 0; count < step.times; count += 1) {
      const result = await this.#request(charges);
      if (result.allowed) continue;
      if (step.comeBack && Number.isFinite(result.retryAfterMs)) await this.#comeBack(charges, result);
      break;
    }
    if (step.settle !== undefined) await this.#settle(step.settle);
  }

  #chargesOf({ costs, plans }: Step): Charge[] {
    return this.#history.limits.flatMap((limits, index) => {
      const cost = costs[index];
      const chosen = limits[(plans[index] ?? 0) % limits.length];
      if (cost === undefined || chosen === undefined) return [];
      const name = SUBJECT_NAMES[index];
      return [{ subject: `tag|${index}`, limits: chosen, cost, ...(name !== undefined && { name }) }];
    });
  }

  #move(ms: number): void {
    this.#clock.advance(ms);
    this.#model.moveTo(this.#clock());
  }

  async #request(charges: readonly Charge[]): Promise<GroupResult> {
    for (const { subject, limits } of charges) this.#latest.set(subject, limits);
    const result = await this.#decide(charges);
    this.#forgetLikeTheLimiter(charges, result);
    assertAgrees(result, this.#model.judge(charges), charges);
    if (result.allowed) {
      this.#model.admit(charges);
      const instants = charges.map(({ subject }) => this.#model.subject(subject).instant);
      this.#admitted.push({ charges, results: result.results, instants, isSettled: false });
    }
    this.#assertRemaining(charges, result);
    return result;
  }

  /** If the limiter has forgotten a subject that owed nothing, and the clock was set back since, the model forgets it too. */
  #forgetLikeTheLimiter(charges: readonly Charge[], { allowed, results }: GroupResult): void {
    // One that writes only what it admits forgets nothing earlier than it must.
    if (this.#remembers === "admissions") return;
    for (const [index, { subject, limits, cost }] of charges.entries()) {
      const quotas = QUOTA_NAMES.filter((quota) => limits[quota] !== undefined);
      if (quotas.length === 0 || !this.#model.subject(subject).isForgettable) continue;
      const spent = allowed ? cost : 0;
      const isFresh = quotas.every((quota) => {
        const policy = policyOf(charges[index], quota);
        return results[index]?.remaining[policy] === Math.max(0, (limits[quota] ?? 0) - spent);
      });
      if (isFresh) this.#model.reset(subject);
    }
  }

  /** One subject by `consume`, several by `consumeAll`. */
  async #decide(charges: readonly Charge[]): Promise<GroupResult> {
    const [only] = charges;
    if (charges.length === 1 && only !== undefined && only.name === undefined) {
      const result = await this.#limiter.consume(only.subject, only.limits, only.cost);
      return { ...resultOf(result), results: [result] };
    }
    assert.ok(this.#limiter.consumeAll !== undefined, "the limiter cannot charge several subjects");
    return this.#limiter.consumeAll(charges);
  }

  /** G6: refused one tolerance before the time that was given, and admitted at it. */
  async #comeBack(charges: readonly Charge[], { violated, retryAfterMs }: GroupResult): Promise<void> {
    const toleranceMs = toleranceOf(charges, violated);
    const early = retryAfterMs - toleranceMs;
    if (early > 0) {
      this.#move(early);
      const tooSoon = await this.#request(charges);
      if (!this.#isLoose) {
        assert.equal(
          tooSoon.allowed,
          false,
          `admitted ${toleranceMs} ms before the time that a refusal gave`,
        );
        assert.equal(
          tooSoon.retryAfterMs,
          toleranceMs,
          "a refusal changed when the request will be admitted",
        );
      } else if (tooSoon.allowed) return;
      this.#move(toleranceMs);
    } else this.#move(retryAfterMs);
    const inTime = await this.#request(charges);
    assert.equal(inTime.allowed, true, `refused at the time that a refusal gave, ${retryAfterMs} ms`);
  }

  async #settle({ ago, by, ...settle }: NonNullable<Step["settle"]>): Promise<void> {
    // A refund of pacing is a lower bound, which a change of limits could turn into anything.
    const includesPacing =
      settle.includesPacing && (by >= 0 || this.#history.limits.every(({ length }) => length === 1));
    const request = this.#admitted[this.#admitted.length - 1 - ago];
    if (request === undefined || request.isSettled || this.#limiter.correct === undefined) return;
    request.isSettled = true;
    const corrections: Correction[] = [];
    for (const [index, { subject, limits: chargedLimits, cost }] of request.charges.entries()) {
      const limits = this.#latest.get(subject) ?? chargedLimits;
      const change = { subject, limits, cost: Math.max(-cost, by), includesPacing };
      const [charged, admitted] = [request.results[index], request.instants[index]];
      if (change.cost === 0 || charged === undefined || admitted === undefined) continue;
      corrections.push({ ...change, charged });
      this.#model.correct({ ...change, charged: chargedLimits, admitted });
      if (includesPacing && change.cost < 0) this.#isLoose = true;
    }
    await this.#limiter.correct(corrections);
  }

  #assertRemaining(charges: readonly Charge[], { results }: GroupResult): void {
    for (const [index, { subject, limits, name }] of charges.entries()) {
      const { remaining, resetMs } = results[index] ?? assert.fail("a charge has no result");
      const expected = this.#model.subject(subject).remaining(limits);
      const prefix = name === undefined ? "" : `${name}-`;
      assert.deepEqual(
        Object.keys(remaining),
        Object.keys(expected).map((policy) => prefix + policy),
        "the policies that remain",
      );
      for (const [policy, { min, max }] of Object.entries(expected)) {
        const left = remaining[prefix + policy] ?? Number.NaN;
        assert.ok(
          left >= min && left <= max,
          `remaining of ${prefix + policy} is ${left}, not ${min} to ${max}`,
        );
        const reset = resetMs[prefix + policy] ?? Number.NaN;
        assert.ok(Number.isSafeInteger(reset) && reset >= 0, `reset of ${prefix + policy} is ${reset}`);
      }
    }
  }
}

function policyOf(charge: Charge | undefined, policy: Policy): Policy {
  return charge?.name === undefined ? policy : `${charge.name}-${policy}`;
}

function resultOf({ allowed, violated, retryAfterMs }: Omit<GroupResult, "results">) {
  return { allowed, violated, retryAfterMs };
}

/** Tolerance before the given time: 1/40 of the longest window that refused the request, at least 1 ms. */
function toleranceOf(charges: readonly Charge[], violated: readonly Policy[]): number {
  const tolerances = charges.flatMap(({ limits, name }) => {
    const prefix = name === undefined ? "" : `${name}-`;
    const isPaced = violated.includes(`${prefix}sustained`) || violated.includes(`${prefix}burst`);
    return isPaced ? [UNIT_MS[limits.per ?? "second"] / 40] : [];
  });
  return Math.max(1, ...tolerances);
}

function assertAgrees(result: GroupResult, { must, may }: Verdict, charges: readonly Charge[]): void {
  assert.equal(result.allowed, result.violated.length === 0);
  if (charges.every(({ cost }) => cost === 0)) assert.equal(result.allowed, true, "a cost of 0 was refused");
  for (const policy of must) {
    assert.ok(result.violated.includes(policy), `${policy} admitted more than its limit`);
  }
  for (const policy of result.violated) assert.ok(may.has(policy), `${policy} refused what it should admit`);
  const exceeds = charges.some(({ limits, cost }) => cost > maxCostOf(limits));
  assert.equal(
    result.retryAfterMs === Infinity,
    exceeds,
    "a cost that can never be admitted has no waiting time",
  );
}

function maxCostOf({ rate, burst = rate, hourly, daily, weekly, monthly }: Charge["limits"]): number {
  return Math.min(...[burst, hourly, daily, weekly, monthly].map((limit) => limit ?? Infinity));
}
