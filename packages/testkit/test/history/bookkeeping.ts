import type { LimitOverrides, Limits, PlanInput } from "@keyward/core";

/** A time-limited setting: in force before `until`. */
interface Timed<Value> {
  readonly value: Value;
  readonly until: number;
}

/** Custom settings of an owner or a key. */
interface Own {
  plan: string | null;
  limits: Timed<LimitOverrides> | null;
  /** Until when it is paused. */
  pausedUntil: number;
}

export interface OwnerEntry extends Own {
  readonly id: string;
}

export interface KeyEntry extends Own {
  readonly id: string;
  readonly raw: string;
  readonly lineage: string;
  readonly owner: OwnerEntry | undefined;
  isRevoked: boolean;
  isRotated: boolean;
  expiresAt: number;
  /** Admitted and refused requests, and the cost that remained after settlements. */
  readonly usage: { admitted: number; cost: number; refused: number };
}

/** A subject that requests of a key are charged to, with its effective limits. */
export interface TargetEntry {
  /** The subject, by a name of this test's own. */
  readonly subject: string;
  readonly limits: Limits;
  /** Prefix of its policy names. */
  readonly name: string | undefined;
}

const QUOTAS = ["hourly", "daily", "weekly", "monthly"] as const;
const PACE = ["rate", "per", "burst"] as const;

/** Applies overrides, field by field as the documentation says. */
function override(limits: Limits | undefined, own: LimitOverrides): Limits | undefined {
  const result = new Map<string, unknown>(Object.entries(limits ?? {}));
  const set = (name: string, value: unknown) => {
    if (value === null || value === undefined) result.delete(name);
    else result.set(name, value);
  };
  if (own.rate !== undefined) for (const name of PACE) set(name, own[name]);
  for (const name of [...QUOTAS, "timeZone", "monthStartsOn"] as const) {
    if (own[name] !== undefined) set(name, own[name]);
  }
  const isLimited = result.has("rate") || QUOTAS.some((name) => result.has(name));
  return isLimited ? (Object.fromEntries(result) as Limits) : undefined;
}

/** The parts of a plan. */
function partsOf(plan: PlanInput | undefined) {
  if (plan === undefined || plan === "unlimited") return { own: undefined, owner: undefined, budgets: {} };
  const { owner, budgets = {}, mode: _mode, ...own } = plan;
  return { own: Object.keys(own).length === 0 ? undefined : own, owner, budgets };
}

/** The names of plans, keys and owners, as this test writes them down beside the server. */
export class Bookkeeping {
  readonly plans: Readonly<Record<string, PlanInput>>;
  readonly owners = new Map<string, OwnerEntry>();
  readonly keys: KeyEntry[] = [];

  constructor(plans: Readonly<Record<string, PlanInput>>) {
    this.plans = plans;
  }

  owner(id: string): OwnerEntry {
    let owner = this.owners.get(id);
    if (owner === undefined)
      this.owners.set(id, (owner = { id, plan: null, limits: null, pausedUntil: -Infinity }));
    return owner;
  }

  /** The refusal code of a key that does not depend on the request. */
  refusalOf(key: KeyEntry, now: number): string | undefined {
    if (key.isRevoked) return "revoked-api-key";
    if (now >= key.expiresAt) return "expired-api-key";
    const isPaused = now < key.pausedUntil || (key.owner !== undefined && now < key.owner.pausedUntil);
    return isPaused ? "paused-api-key" : undefined;
  }

  planNameOf({ plan, owner }: KeyEntry): string {
    return plan ?? owner?.plan ?? "default";
  }

  /** The subjects of a key's requests: its line, its owner and each budget. */
  targetsOf(
    key: KeyEntry,
    now: number,
  ): { line?: TargetEntry; owner?: TargetEntry; budgets: Map<string, TargetEntry> } {
    const { owner, lineage } = key;
    const plan = partsOf(this.plans[this.planNameOf(key)]);
    const ownerPlan = owner === undefined ? plan : partsOf(this.plans[owner.plan ?? "default"]);
    const inForce = (limits: Limits | undefined, own: Own) =>
      own.limits !== null && now < own.limits.until ? override(limits, own.limits.value) : limits;
    const line = inForce(plan.own, key);
    const ofOwner = owner === undefined ? plan.owner : inForce(ownerPlan.owner, owner);
    const whose = owner === undefined ? `key line ${lineage}` : `owner ${owner.id}`;
    const budgets = Object.entries(ownerPlan.budgets).map(([name, limits]): [string, TargetEntry] => [
      name,
      { subject: `${whose}, budget ${name}`, limits, name },
    ]);
    return {
      ...(line !== undefined && { line: { subject: `key line ${lineage}`, limits: line, name: undefined } }),
      ...(ofOwner !== undefined && {
        owner: { subject: `${whose} as owner`, limits: ofOwner, name: "owner" },
      }),
      budgets: new Map(budgets),
    };
  }
}
