import { AddressList } from "../addresses/address-list.ts";
import { toApiKey, type ApiKey, type KeyRecord, type OwnFields } from "../keys/record.ts";
import type { Verified } from "../keys/verified-keys.ts";
import { mergeLimits, type Limits } from "../limits/limits.ts";
import type { Plan } from "../limits/plans.ts";
import { rulesOf, type Rules } from "../limits/rules.ts";
import { anonymousSubject, budgetSubject, lineSubject, ownerSubjectOf } from "../limits/subject-names.ts";
import type { OwnerRecord } from "../owners/owner.ts";
import type { KeyWithOwner } from "../store/key-store.ts";
import { keyEndingField } from "./key-ending.ts";
import type { Refusal } from "./refusal.ts";
import { checkEnvironment } from "./status.ts";

/** A subject that requests of a key are charged to. */
export interface Target {
  readonly subject: string;
  readonly rules: Rules;
}

/** The holder of an admitted request, and its charged subjects: a key, or an anonymous client. */
export interface Admittee {
  /** `undefined` for an anonymous client. */
  readonly apiKey: ApiKey | undefined;
  readonly plan: Plan;
  /** The key line; `undefined` where it is not limited. */
  readonly line: Target | undefined;
  /** All keys of the owner together; `undefined` where they are not limited. */
  readonly owner: Target | undefined;
  readonly budgets: ReadonlyMap<string, Target>;
  /** The value of `API-Key-Ends`; `undefined` for a key that does not end soon, and without a key. */
  readonly ending: string | undefined;
}

/** A key with everything that admission needs, computed once for many requests. */
export interface AdmissibleKey extends Verified, Admittee {
  readonly record: KeyRecord;
  readonly ownerRecord: OwnerRecord | undefined;
  readonly apiKey: ApiKey;
  readonly allowedAddresses: readonly AddressList[];
  /** Set where the server does not accept keys of its environment. */
  readonly wrongEnvironment: Refusal | undefined;
}

/** Finds a plan by name. A plan that the server does not have is replaced by `default`. */
export type FindPlan = (name: string | null) => Plan;

/** Settings that decide which keys a server accepts. */
export interface Accepts {
  readonly findPlan: FindPlan;
  readonly environments: readonly string[];
}

/** Works out what admission needs of a key. */
export function toAdmissibleKey(
  { key, owner }: KeyWithOwner,
  { findPlan, environments }: Accepts,
  readAt: number,
  now: number,
): AdmissibleKey {
  const plan = findPlan(key.plan ?? owner?.plan ?? null);
  const ownerPlan = owner === undefined ? plan : findPlan(owner.plan);
  const line = limitsInForce(plan.limits, key, now);
  const ownerLimits = owner === undefined ? plan.owner : limitsInForce(ownerPlan.owner, owner, now);
  return {
    id: key.id,
    ownerId: key.ownerId,
    readAt,
    usedAt: readAt,
    generation: 0,
    owned: undefined,
    record: key,
    ownerRecord: owner,
    apiKey: toApiKey(key, now),
    plan,
    line: line && { subject: lineSubject(key), rules: rulesOf(line) },
    owner: ownerLimits && { subject: ownerSubjectOf(key), rules: rulesOf(ownerLimits, "owner") },
    budgets: new Map(
      [...ownerPlan.budgets].map(([name, limits]) => [
        name,
        { subject: budgetSubject(key, name), rules: rulesOf(limits, name) },
      ]),
    ),
    allowedAddresses: [key.allowedAddresses, owner?.allowedAddresses ?? null].flatMap((list) =>
      list === null ? [] : [new AddressList(list)],
    ),
    wrongEnvironment: checkEnvironment(key.environment, environments),
    ending: keyEndingField(key, now),
    validUntil: Math.min(expiryOf(key, now), owner === undefined ? Infinity : expiryOf(owner, now)),
  };
}

/** An anonymous client under a plan, counted by its address. Owner limits do not apply, because anonymous clients have no owner. */
export function anonymousAdmittee(plan: Plan, client: string): Admittee {
  const subject = anonymousSubject(client);
  return {
    apiKey: undefined,
    plan,
    line: plan.limits && { subject, rules: rulesOf(plan.limits) },
    owner: undefined,
    ending: undefined,
    budgets: new Map(
      [...plan.budgets].map(([name, limits]) => [
        name,
        { subject: `${subject}|b:${name}`, rules: rulesOf(limits, name) },
      ]),
    ),
  };
}

function limitsInForce(plan: Limits | undefined, own: OwnFields, now: number): Limits | undefined {
  const isInForce = own.limits !== null && (own.limitsUntil === null || own.limitsUntil > now);
  return isInForce && own.limits !== null ? mergeLimits(plan, own.limits) : plan;
}

function expiryOf({ limits, limitsUntil }: OwnFields, now: number): number {
  return limits !== null && limitsUntil !== null && limitsUntil > now ? limitsUntil : Infinity;
}
