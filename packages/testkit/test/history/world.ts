import assert from "node:assert/strict";
import {
  createKeyward,
  memoryLimiter,
  type Admitted,
  type Decision,
  type Keyward,
  type Limiter,
  type Limits,
} from "@keyward/core";
import type { Charge } from "@keyward/core/limiter";
import { ReferenceLimiter, testClock, type ReferenceInstant, type TestClock } from "@keyward/testkit";
import {
  ADDRESSES,
  OWNERS,
  type OperationHistory,
  type MountOptions,
  type Operation,
} from "./arbitraries.ts";
import { Bookkeeping, type KeyEntry, type TargetEntry } from "./bookkeeping.ts";

/** Largest step by which the clock is set back: a limiter keeps counts for an hour after their period. */
const MAX_SET_BACK_MS = 3_600_000;

/** One charge of an admitted request. */
interface Counted {
  readonly target: TargetEntry;
  readonly cost: number;
  readonly admitted: ReferenceInstant;
}

/** An admitted request that can be settled. */
interface AdmittedEntry {
  readonly decision: Admitted;
  readonly key: KeyEntry;
  readonly cost: number;
  /** The charges of all its mounts, the latest first. */
  readonly counted: readonly Counted[];
  /** The budgets of the key when it was admitted. */
  readonly budgets: ReadonlyMap<string, TargetEntry>;
}

/** Plays a history on a Keyward and on the reference model. */
export class World {
  readonly #kw: Keyward;
  readonly #limiter: Limiter;
  readonly #clock: TestClock;
  readonly #model: ReferenceLimiter;
  readonly #book: Bookkeeping;
  #admitted: AdmittedEntry[] = [];
  #latest: number;

  constructor({ start, plans }: OperationHistory) {
    this.#clock = testClock(start);
    this.#latest = start;
    this.#model = new ReferenceLimiter(start);
    this.#book = new Bookkeeping(plans);
    const clock = this.#clock;
    this.#limiter = memoryLimiter({ clock });
    this.#kw = createKeyward({
      // Some plan defines each budget; otherwise, naming it is a mistake.
      plans: { ...plans, all: { budgets: { search: { daily: 1 }, tokens: { daily: 1 } } } },
      clock,
      limiter: this.#limiter,
      failedAttempts: false,
    });
  }

  /** Plays all steps, with three keys to begin with. */
  async play({ steps }: OperationHistory): Promise<void> {
    await this.#create(0, undefined);
    await this.#create(0, "pro");
    await this.#create(undefined, undefined);
    for (const step of steps) await this.#take(step);
    for (const key of this.#book.keys) await this.#look(key);
    await this.#checkUsage();
    await this.#kw.close();
  }

  async #take(step: Operation): Promise<void> {
    if (step.type === "wait") return this.#wait(step.ms);
    if (step.type === "create") return this.#create(step.owner, step.plan);
    if (step.type === "visit") return this.#visit(step);
    if (step.type === "settle") return this.#settle(step);
    if (step.type === "request") {
      for (let times = 0; times < step.times; times += 1)
        await this.#request(this.#key(step.key), step.mounts);
      return undefined;
    }
    if (step.type === "look") return this.#look(this.#key(step.key));
    if (step.type === "rotate") return this.#rotate(this.#key(step.key), step.overlapMs);
    if (step.type === "revoke") return this.#revoke(this.#key(step.key));
    return this.#change(step);
  }

  #key(number: number): KeyEntry {
    const { keys } = this.#book;
    return keys[number % keys.length] as KeyEntry;
  }

  async #wait(ms: number): Promise<void> {
    const now = Math.max(this.#clock() + ms, this.#latest - MAX_SET_BACK_MS);
    this.#latest = Math.max(this.#latest, now);
    this.#clock.set(now);
    this.#model.moveTo(now);
    // A limiter knows only of the steps of the clock that it has seen.
    await this.#limiter.peek("nobody", { rate: 1 });
  }

  async #create(owner: number | undefined, plan: string | undefined): Promise<void> {
    const ownerId = owner === undefined ? undefined : OWNERS[owner % OWNERS.length];
    const { key, secret } = await this.#kw.keys.create({ name: "a", ownerId, plan });
    this.#book.keys.push({
      id: key.id,
      raw: secret.reveal(),
      lineage: key.id,
      owner: ownerId === undefined ? undefined : this.#book.owner(ownerId),
      plan: plan ?? null,
      limits: null,
      pausedUntil: -Infinity,
      isRevoked: false,
      isRotated: false,
      expiresAt: Infinity,
      usage: { admitted: 0, cost: 0, refused: 0 },
    });
  }

  /** Sends a request through its mounts, one in the other. */
  async #request(key: KeyEntry, mounts: readonly MountOptions[]): Promise<void> {
    const now = this.#clock();
    const { line, owner, budgets } = this.#book.targetsOf(key, now);
    const refusal = this.#book.refusalOf(key, now);
    let previous: Admitted | undefined;
    const charged = { cost: 0, budgets: {} as Record<string, number> };
    const counted: Counted[] = [];
    for (const mount of mounts) {
      const decision = await this.#kw.admit({
        header: () => key.raw,
        secure: true,
        ip: "203.0.113.9",
        previous,
        ...mount,
      });
      if (refusal !== undefined) {
        assert.equal(codeOf(decision), refusal);
        key.usage.refused += 1;
        return;
      }
      const cost = previous === undefined ? mount.cost : Math.max(0, mount.cost - charged.cost);
      const added = Object.entries(mount.budgets)
        .map(([name, wanted]): [string, number] => [name, wanted - (charged.budgets[name] ?? 0)])
        .filter(([name, wanted]) => previous === undefined || (wanted > 0 && budgets.has(name)));
      if (previous !== undefined && cost === 0 && added.length === 0) {
        assert.equal(decision, previous);
        continue;
      }
      const charges = chargesOf([
        [line, cost],
        [owner, cost],
        ...added.map(([name, wanted]): [TargetEntry | undefined, number] => [budgets.get(name), wanted]),
      ]);
      if (!this.#judge(decision, charges)) {
        // The charges of outer mounts are refunded.
        for (const each of counted) this.#correct(each, -each.cost, true);
        key.usage.admitted -= previous === undefined ? 0 : 1;
        key.usage.cost -= charged.cost;
        key.usage.refused += 1;
        return;
      }
      assert.ok(decision.admitted);
      assert.equal(decision.plan, this.#book.planNameOf(key));
      key.usage.admitted += previous === undefined ? 1 : 0;
      key.usage.cost += cost;
      previous = decision;
      charged.cost += cost;
      for (const [name, wanted] of added) charged.budgets[name] = (charged.budgets[name] ?? 0) + wanted;
      counted.unshift(...this.#count(charges));
    }
    if (previous !== undefined)
      this.#admitted.push({ decision: previous, key, cost: charged.cost, counted, budgets });
  }

  async #visit({ address, cost, times }: Extract<Operation, { type: "visit" }>): Promise<void> {
    const ip = ADDRESSES[address % ADDRESSES.length] as string;
    const target = {
      subject: `client ${ip}`,
      limits: this.#book.plans["visitors"] as Limits,
      name: undefined,
    };
    for (let count = 0; count < times; count += 1) {
      const request = { header: () => undefined, secure: true, ip, cost, anonymous: "visitors" };
      const decision = await this.#kw.admit(request);
      const charges = chargesOf([[target, cost]]);
      if (this.#judge(decision, charges)) this.#count(charges);
    }
  }

  /** Compares a decision with the model's verdict, and returns whether the request is admitted. */
  #judge(decision: Decision, charges: readonly Charge[]): boolean {
    const { must, may } = this.#model.judge(charges);
    const violated = decision.admitted ? [] : (decision.problem["violated-policies"] ?? [codeOf(decision)]);
    for (const policy of must) assert.ok(violated.includes(policy), `${policy} admitted more than its limit`);
    for (const policy of violated) assert.ok(may.has(policy), `${policy} refused what it should admit`);
    const isForGood = charges.some(({ limits, cost }) => cost > maxCostOf(limits));
    if (!decision.admitted) {
      assert.equal(codeOf(decision), isForGood ? "cost-exceeds-limits" : "rate-limit-exceeded");
      assert.equal("Retry-After" in decision.headers, !isForGood);
    }
    return decision.admitted;
  }

  #count(charges: readonly ModelCharge[]): Counted[] {
    this.#model.admit(charges);
    return charges.map(({ target, subject, cost }) => ({
      target,
      cost,
      admitted: this.#model.subject(subject).instant,
    }));
  }

  #correct({ target, admitted }: Counted, by: number, includesPacing: boolean): void {
    if (by === 0) return;
    const { subject, limits } = target;
    this.#model.correct({ subject, limits, cost: by, charged: limits, admitted, includesPacing });
  }

  async #settle({ request, cost, budgets }: Extract<Operation, { type: "settle" }>): Promise<void> {
    const [entry] = this.#admitted.splice(-1 - request, 1);
    if (entry === undefined) return;
    await entry.decision.settle({ cost, budgets });
    // A second call changes nothing.
    await entry.decision.settle({ cost: 0, budgets: { search: 0, tokens: 0 } });
    if (cost !== undefined) entry.key.usage.cost += cost - entry.cost;
    const corrected = new Map<string, [wanted: number, includesPacing: boolean]>();
    for (const { target } of entry.counted) {
      if (target.name !== undefined && target.name !== "owner") continue;
      if (cost !== undefined) corrected.set(target.subject, [cost, false]);
    }
    for (const [name, wanted] of Object.entries(budgets)) {
      const target = entry.budgets.get(name);
      if (target === undefined) continue;
      corrected.set(target.subject, [wanted, true]);
      const isCharged = entry.counted.some((each) => each.target.subject === target.subject);
      if (!isCharged) this.#correct({ target, cost: 0, admitted: { at: 0, wallMs: 0 } }, wanted, true);
    }
    for (const [subject, [wanted, includesPacing]] of corrected) {
      const charges = entry.counted.filter(({ target }) => target.subject === subject);
      let missing = wanted - charges.reduce((sum, each) => sum + each.cost, 0);
      const [latest] = charges;
      if (latest !== undefined && missing > 0) this.#correct(latest, missing, includesPacing);
      // Refunds go to the latest charges first.
      for (const each of missing < 0 ? charges : []) {
        const by = Math.max(-each.cost, missing);
        this.#correct(each, by, includesPacing);
        missing -= by;
      }
    }
  }

  /** Compares what is left of all limits of a key. */
  async #look(key: KeyEntry): Promise<void> {
    const { line, owner, budgets } = this.#book.targetsOf(key, this.#clock());
    const targets = [...(line ? [line] : []), ...(owner ? [owner] : []), ...budgets.values()];
    const { limits, remaining } = await this.#kw.quota(key);
    assert.deepEqual(limits, {
      ...line?.limits,
      ...(owner !== undefined && { owner: owner.limits }),
      ...(budgets.size > 0 && {
        budgets: Object.fromEntries([...budgets].map(([name, target]) => [name, target.limits])),
      }),
    });
    const policies: string[] = [];
    for (const { subject, limits: each, name } of targets) {
      for (const [policy, { min, max }] of Object.entries(this.#model.subject(subject).remaining(each))) {
        const full = name === undefined ? policy : `${name}-${policy}`;
        policies.push(full);
        const left = remaining[full] ?? Number.NaN;
        assert.ok(left >= min && left <= max, `${full} leaves ${left}, not ${min} to ${max}`);
      }
    }
    assert.deepEqual(Object.keys(remaining), policies);
  }

  async #rotate(key: KeyEntry, overlapMs: number): Promise<void> {
    const now = this.#clock();
    if (key.isRevoked || key.isRotated || now >= key.expiresAt) {
      await assert.rejects(this.#kw.keys.rotate(key.id, { overlapMs }), /revoked|replaced|expired/);
      return;
    }
    const { key: successor, secret } = await this.#kw.keys.rotate(key.id, { overlapMs });
    assert.equal(successor.lineageId, key.lineage);
    this.#book.keys.push({
      ...key,
      id: successor.id,
      raw: secret.reveal(),
      expiresAt: Infinity,
      usage: { admitted: 0, cost: 0, refused: 0 },
    });
    key.isRotated = true;
    if (overlapMs === 0) key.isRevoked = true;
    else key.expiresAt = Math.min(key.expiresAt, now + overlapMs);
  }

  async #revoke(key: KeyEntry): Promise<void> {
    await this.#kw.keys.revoke(key.id);
    key.isRevoked = true;
  }

  /** Changes a key or an owner: its pause, plan, limits or counts. */
  async #change(step: Extract<Operation, { of: unknown }>): Promise<void> {
    const now = this.#clock();
    const isOwner = step.of === "owner";
    const entry = isOwner
      ? this.#book.owner(OWNERS[step.which % OWNERS.length] as string)
      : this.#key(step.which);
    const { id } = entry;
    const calls = isOwner ? this.#kw.owners : this.#kw.keys;
    if (step.type === "reset") {
      await this.#kw.limits.reset(isOwner ? { ownerId: id } : id);
      for (const subject of this.#subjectsOf(isOwner, entry as KeyEntry)) this.#model.reset(subject);
      return;
    }
    const isGone = !isOwner && (entry as KeyEntry).isRevoked;
    const isUnknown = isOwner && (await this.#kw.owners.get(id)) === undefined;
    const change = async () => {
      if (step.type === "plan") return calls.update(id, { plan: step.plan });
      if (step.type === "limits") {
        const until = step.forMs === undefined ? undefined : new Date(now + step.forMs);
        return calls.update(id, { limits: step.limits === null ? null : { ...step.limits, until } });
      }
      if (step.type === "resume") return calls.resume(id);
      return calls.pause(id, step.forMs === 0 ? {} : { until: new Date(now + step.forMs) });
    };
    if (isGone || (isUnknown && step.type === "resume")) {
      await assert.rejects(change(), /revoked|replaced|There is no owner/);
      return;
    }
    await change();
    if (step.type === "plan") entry.plan = step.plan;
    else if (step.type === "limits") {
      const until = step.forMs === undefined ? Infinity : now + step.forMs;
      const isEmpty = step.limits === null || Object.keys(step.limits).length === 0;
      entry.limits = step.limits === null || isEmpty ? null : { value: step.limits, until };
    } else if (step.type === "pause") entry.pausedUntil = step.forMs === 0 ? Infinity : now + step.forMs;
    else if (now < entry.pausedUntil) entry.pausedUntil = -Infinity;
  }

  /** The subjects whose counts a reset clears. */
  #subjectsOf(isOwner: boolean, { id, lineage, owner }: KeyEntry): readonly string[] {
    const budgetsOf = (whose: string) => ["search", "tokens"].map((name) => `${whose}, budget ${name}`);
    if (isOwner) return [`owner ${id} as owner`, ...budgetsOf(`owner ${id}`)];
    const line = `key line ${lineage}`;
    return owner === undefined ? [line, `${line} as owner`, ...budgetsOf(line)] : [line];
  }

  async #checkUsage(): Promise<void> {
    const all = { from: new Date(0), to: new Date(this.#latest + 1), per: "day" } as const;
    const lines = new Map<string, KeyEntry["usage"]>();
    for (const { lineage, usage } of this.#book.keys) {
      const line = lines.get(lineage) ?? { admitted: 0, cost: 0, refused: 0 };
      lines.set(lineage, line);
      for (const name of ["admitted", "cost", "refused"] as const) line[name] += usage[name];
    }
    for (const { id, lineage } of this.#book.keys) {
      const days = await this.#kw.usage.query({ keyId: id, ...all });
      const sum = { admitted: 0, cost: 0, refused: 0 };
      for (const day of days) {
        sum.admitted += day.admitted;
        sum.cost += day.cost;
        sum.refused += day.refused;
      }
      assert.deepEqual(sum, lines.get(lineage), "the usage of a key line");
    }
  }
}

type ModelCharge = Charge & { readonly target: TargetEntry };

function chargesOf(targets: readonly (readonly [TargetEntry | undefined, number])[]): readonly ModelCharge[] {
  return targets.flatMap(([target, cost]) => {
    if (target === undefined) return [];
    const { subject, limits, name } = target;
    return [{ subject, limits, cost, target, ...(name !== undefined && { name }) }];
  });
}

function codeOf(decision: Decision): string {
  return decision.admitted ? "admitted" : decision.problem.code;
}

function maxCostOf({ rate, burst = rate, hourly, daily, weekly, monthly }: Limits): number {
  return Math.min(...[burst, hourly, daily, weekly, monthly].map((limit) => limit ?? Infinity));
}
