import type { ApiKey } from "../keys/record.ts";
import type { Charge, GroupResult, LimitResult } from "../limits/limiter.ts";
import type { MaybePromise } from "../maybe-promise.ts";
import type { Admittee } from "./admissible-key.ts";
import type { Admitted, Decision, ResponseHeaders, Settlement } from "./decision.ts";

/** The charge of a mount to one subject. */
export interface Charged {
  readonly charge: Charge;
  readonly result: LimitResult;
}

/** The part of the admission that an admitted request refers to. */
export interface Admitter {
  headersOf(admitted: AdmittedRequest): ResponseHeaders;
  settle(admitted: AdmittedRequest, settlement: Settlement): MaybePromise<void>;
}

/** A request that is being admitted: it becomes the decision once it was charged. Its headers are written when they are read. */
export class AdmittedRequest implements Admitted {
  declare readonly admitted: true;
  declare readonly key: ApiKey | undefined;
  declare readonly admission: Admitter;
  declare readonly admittee: Admittee;
  /** The cost for the key line and the owner at this mount. */
  declare readonly cost: number;
  /** Time of the charge, in milliseconds since the epoch. */
  declare readonly atMs: number;
  /** The charges, if not only the key line was charged. */
  declare charges: readonly Charge[] | undefined;
  /** The result of `charges`, or else of the key line. `undefined` until it was charged. */
  declare outcome: LimitResult | GroupResult | undefined;
  declare requestId: string | undefined;
  /** The tag under which the request was counted in usage. */
  declare tag: string | undefined;
  /** The decision of an outer mount of the same request. */
  declare earlier: AdmittedRequest | undefined;
  /** The decision of the next inner mount that charged something. */
  declare later: AdmittedRequest | undefined;
  declare isSettled: boolean;

  constructor(admission: Admitter, admittee: Admittee, cost: number, atMs: number) {
    this.admitted = true;
    this.key = admittee.apiKey;
    this.admission = admission;
    this.admittee = admittee;
    this.cost = cost;
    this.atMs = atMs;
    this.charges = undefined;
    this.outcome = undefined;
    this.requestId = undefined;
    this.tag = undefined;
    this.earlier = undefined;
    this.later = undefined;
    this.isSettled = false;
  }

  get plan(): string {
    return this.admittee.plan.name;
  }

  get headers(): ResponseHeaders {
    return this.admission.headersOf(this);
  }

  settle(settlement: Settlement): MaybePromise<void> {
    return this.admission.settle(this, settlement);
  }
}

/** The decision, if this admission made it. */
export function asOwnDecision(admission: Admitter, decision: Decision): AdmittedRequest | undefined {
  return decision instanceof AdmittedRequest && decision.admission === admission ? decision : undefined;
}

/** The result of the key line, where only that was charged. */
export function singleResult({ charges, outcome }: AdmittedRequest): LimitResult | undefined {
  return charges === undefined ? (outcome as LimitResult | undefined) : undefined;
}

/** The charges of a mount. */
export function chargesOf(admitted: AdmittedRequest): readonly Charged[] {
  const { admittee, charges, outcome, cost } = admitted;
  const { line } = admittee;
  const single = singleResult(admitted);
  if (single !== undefined && line !== undefined) {
    return [{ charge: { subject: line.subject, limits: line.rules, cost }, result: single }];
  }
  const results = (outcome as GroupResult | undefined)?.results ?? [];
  return (charges ?? []).flatMap((charge, index) => {
    const result = results[index];
    return result === undefined ? [] : [{ charge, result }];
  });
}

/** A request's mounts, the innermost first. */
export function* mountsOf(admitted: AdmittedRequest): Iterable<AdmittedRequest> {
  for (let mount: AdmittedRequest | undefined = admitted; mount !== undefined; mount = mount.earlier)
    yield mount;
}

/** The innermost mount of a request so far, which represents all of them. */
export function innermost(admitted: AdmittedRequest): AdmittedRequest {
  let mount = admitted;
  while (mount.later !== undefined) mount = mount.later;
  return mount;
}

/** True if a request was settled, by whichever of its mounts. */
export function isSettled(admitted: AdmittedRequest): boolean {
  for (const mount of mountsOf(admitted)) if (mount.isSettled) return true;
  return false;
}

/** The cost of a request so far, at all its mounts, for the key line and the owner. */
export function totalCost(admitted: AdmittedRequest): number {
  let cost = 0;
  for (const mount of mountsOf(admitted)) cost += mount.cost;
  return cost;
}
