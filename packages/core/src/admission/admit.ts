/**
 * The path of a request, top to bottom: transport → header → form → look-up → status → addresses → scopes → limits. Each step is a
 * function of plain values that returns a refusal as data, or nothing.
 *
 * Synchronous wherever nothing has to be awaited, which is every request of a cached key with a limiter in memory.
 */
import { clientOf } from "../addresses/client-address.ts";
import { KeywardError } from "../errors.ts";
import { fingerprintOf } from "../keys/signer.ts";
import type { VerifiedKeys } from "../keys/verified-keys.ts";
import type { Charger } from "../limits/charger.ts";
import type { GroupResult, LimitResult } from "../limits/limiter.ts";
import type { Mode, Plan } from "../limits/plans.ts";
import { whenReady, type MaybePromise } from "../maybe-promise.ts";
import type { Settings } from "../options.ts";
import type { UsageRecorder } from "../usage/recorder.ts";
import { anonymousAdmittee, type AdmissibleKey, type Admittee } from "./admissible-key.ts";
import {
  AdmittedRequest,
  asOwnDecision,
  innermost,
  isSettled,
  totalCost,
  type Admitter,
} from "./admitted-request.ts";
import { checkAddress } from "./allowed-address.ts";
import { addedBudgets, chargesFor, checkBudgets, type BudgetCosts } from "./charges.ts";
import type { Decision, Refused, ResponseHeaders, Settlement } from "./decision.ts";
import type { FailedAttempts } from "./attempts.ts";
import { limitRefusal } from "./limit-refusal.ts";
import type { PlaintextKeys } from "./plaintext-keys.ts";
import { UNUSABLE, type ReadPresentedKey } from "./presented-key.ts";
import type { Recognize } from "./recognize.ts";
import type { Refusal } from "./refusal.ts";
import { checkCost, costOf, type AdmissionRequest } from "./request.ts";
import { statesOf, type Responses } from "./responses.ts";
import { checkScopes } from "./scopes.ts";
import { budgetTotals, settlementCorrections, withdrawalCorrections } from "./settlement.ts";
import { checkStatus } from "./status.ts";
import { isRefusedByQuotas, paceCharges, quotaRefunds } from "./pace-charges.ts";
import { checkTransport } from "./transport.ts";

/** The parts that decide about requests. */
export interface AdmissionParts {
  readonly settings: Settings;
  readonly readPresentedKey: ReadPresentedKey;
  readonly recognize: Recognize;
  readonly keys: VerifiedKeys<AdmissibleKey>;
  readonly attempts: FailedAttempts;
  readonly plaintextKeys: PlaintextKeys;
  readonly charger: Charger;
  readonly usage: UsageRecorder;
  readonly responses: Responses;
  /** The names of all budgets that any plan defines. */
  readonly budgetNames: ReadonlySet<string>;
  readonly findPlan: (name: string) => Plan;
  /** True if the store's keys were made under another secret. Checked for keys that are not cached. */
  readonly hasWrongSecret: () => boolean;
  /** Reports that the limiter failed. */
  readonly limiterFailed: (error: unknown) => void;
}

const STORE_UNAVAILABLE: Refusal = { code: "key-store-unavailable", headers: { "Retry-After": "1" } };
const LIMITER_UNAVAILABLE: Refusal = { code: "limiter-unavailable", headers: { "Retry-After": "1" } };

/** Decides about requests: the one place where a request is admitted or refused. */
export class Admission implements Admitter {
  readonly #parts: AdmissionParts;
  /** The mode of plans that do not set one. */
  mode: Mode;
  /** Settles when the store was checked; until then requests wait. */
  starting: Promise<void> | undefined = undefined;

  constructor(parts: AdmissionParts) {
    this.#parts = parts;
    this.mode = parts.settings.mode;
  }

  /** Throws only for a mistake of the caller, such as an invalid cost. */
  admit(request: AdmissionRequest): MaybePromise<Decision> {
    if (this.starting !== undefined) return this.starting.then(() => this.admit(request));
    const { settings, keys, readPresentedKey } = this.#parts;
    if (request.previous !== undefined) {
      const earlier = asOwnDecision(this, request.previous);
      if (earlier !== undefined) return this.#continue(request, earlier);
    }
    const insecure = checkTransport(request, settings.requireHttps);
    if (insecure !== undefined) return this.#refusePlaintext(request, insecure);

    const presented = readPresentedKey(request);
    if (presented === undefined) return this.#admitWithoutKey(request);
    if (presented === UNUSABLE) return this.#refuseAttempt(request, "invalid-api-key");

    const fingerprint = fingerprintOf(presented);
    const now = settings.clock();
    const cached = keys.cached(fingerprint, now);
    return cached === undefined
      ? this.#lookUp(request, presented, fingerprint)
      : this.#admitKey(request, cached, now);
  }

  /** The step that may have to wait. Separate, so that its closures cost nothing where it is skipped. */
  #lookUp(request: AdmissionRequest, presented: string, fingerprint: string): MaybePromise<Decision> {
    const { recognize, keys, attempts, settings } = this.#parts;
    // Otherwise every key would look forged.
    if (this.#parts.hasWrongSecret()) return this.#refuse(request, STORE_UNAVAILABLE);
    const recognized = recognize(presented, fingerprint);
    if (recognized === undefined) return this.#refuseAttempt(request, "invalid-api-key");
    const lookUp = (): MaybePromise<Decision> => {
      const found = (key: AdmissibleKey | undefined) =>
        key === undefined
          ? this.#refuseAttempt(request, "invalid-api-key")
          : this.#admitKey(request, key, settings.clock());
      const unavailable = () => this.#refuse(request, STORE_UNAVAILABLE);
      let lookedUp: MaybePromise<AdmissibleKey | undefined>;
      try {
        lookedUp = keys.lookUp(fingerprint, recognized.digests);
      } catch {
        return unavailable();
      }
      // Outside, so that a caller's mistake is not reported as a failure of the store.
      return lookedUp instanceof Promise ? lookedUp.then(found, unavailable) : found(lookedUp);
    };
    // A key without proof costs a look-up, which is rationed for a client that failed too often. A key that was seen valid is looked up in
    // any case: its client is not refused for the failures of others at its address.
    if (recognized.proven || keys.knows(fingerprint)) return lookUp();
    return whenReady(attempts.refuseLookUp(request.ip), (refusal) =>
      refusal === undefined ? lookUp() : this.#refuse(request, refusal),
    );
  }

  #admitKey(request: AdmissionRequest, key: AdmissibleKey, now: number): MaybePromise<Decision> {
    const { record, allowedAddresses } = key;
    const refusal =
      checkStatus(record, key.ownerRecord, now) ??
      key.wrongEnvironment ??
      (allowedAddresses.length === 0 ? undefined : checkAddress(allowedAddresses, request.ip)) ??
      checkScopes(record.scopes, request.scopes, request.anyScope);
    if (refusal !== undefined) return this.#refuseAt(request, refusal, { admittee: key, atMs: now });
    return this.#charge(request, new AdmittedRequest(this, key, costOf(request), now), request.budgets);
  }

  /** Admits an anonymous request where the route allows it. */
  #admitWithoutKey(request: AdmissionRequest): MaybePromise<Decision> {
    const { anonymous, scopes = [], anyScope = [] } = request;
    if (anonymous === undefined) return this.#refuseAttempt(request, "missing-api-key");
    const client = clientOf(request.ip);
    if (client === undefined || scopes.length > 0 || anyScope.length > 0) {
      return this.#refuse(request, { code: "missing-api-key" });
    }
    const { findPlan, settings } = this.#parts;
    const admittee = anonymousAdmittee(requireLimited(findPlan(anonymous), anonymous), client);
    const draft = new AdmittedRequest(this, admittee, costOf(request), settings.clock());
    return this.#charge(request, draft, request.budgets);
  }

  /**
   * Continues with a request that an outer mount admitted. Nothing is counted twice. The key must have the inner mount's scopes, and where the
   * inner costs are higher the difference is charged. If it is refused, what outer mounts charged is taken back.
   */
  #continue(request: AdmissionRequest, earlier: AdmittedRequest): MaybePromise<Decision> {
    const { admittee, key } = earlier;
    const refusal =
      key === undefined ? checkAnonymous(request) : checkScopes(key.scopes, request.scopes, request.anyScope);
    if (refusal !== undefined) {
      const atMs = this.#parts.settings.clock();
      return this.#withdraw(earlier, this.#refuseAt(request, refusal, { admittee, atMs }));
    }
    const cost = Math.max(0, costOf(request) - totalCost(earlier));
    const { budgets: wanted } = request;
    if (wanted !== undefined) checkBudgets(wanted, this.#parts.budgetNames);
    const budgets = wanted === undefined ? undefined : addedBudgets(wanted, budgetTotals(earlier));
    if (cost === 0 && budgets === undefined) {
      this.#parts.usage.relabeled(innermost(earlier), request.tag);
      return earlier;
    }
    const draft = new AdmittedRequest(this, admittee, cost, this.#parts.settings.clock());
    draft.earlier = earlier;
    return whenReady(this.#charge(request, draft, budgets), (decision) => {
      if (!decision.admitted) return this.#withdraw(earlier, decision);
      earlier.later = draft;
      return decision;
    });
  }

  /** Charges a request, which is then admitted or refused: the last step. */
  #charge(
    request: AdmissionRequest,
    draft: AdmittedRequest,
    budgets: BudgetCosts | undefined,
  ): MaybePromise<Decision> {
    const { charger, budgetNames } = this.#parts;
    const { admittee, cost, atMs } = draft;
    const { line } = admittee;
    if (budgets !== undefined) checkBudgets(budgets, budgetNames);
    const isSingle = line !== undefined && admittee.owner === undefined && budgets === undefined;
    let outcome: MaybePromise<LimitResult | GroupResult>;
    try {
      outcome = isSingle
        ? charger.one(line.subject, line.rules, cost, atMs)
        : this.#chargeAll(draft, budgets);
    } catch (error) {
      return this.#limiterFailed(request, draft, error);
    }
    if (outcome instanceof Promise) return this.#chargeLater(request, draft, outcome);
    draft.outcome = outcome;
    return this.#conclude(request, draft, outcome);
  }

  #chargeAll(draft: AdmittedRequest, budgets: BudgetCosts | undefined): MaybePromise<GroupResult> {
    draft.charges = chargesFor(draft.admittee, draft.cost, budgets);
    return this.#parts.charger.all(draft.charges, draft.atMs);
  }

  /** Separate, so that its closures cost nothing if the limiter returns a value. */
  #chargeLater(
    request: AdmissionRequest,
    draft: AdmittedRequest,
    outcome: Promise<LimitResult | GroupResult>,
  ): Promise<Decision> {
    return outcome.then(
      (settled) => {
        draft.outcome = settled;
        return this.#conclude(request, draft, settled);
      },
      (error: unknown) => this.#limiterFailed(request, draft, error),
    );
  }

  /** Makes the outcome of the limits a decision, and records it. */
  #conclude(request: AdmissionRequest, draft: AdmittedRequest, decided: LimitResult | GroupResult): Decision {
    const { usage, responses } = this.#parts;
    if (decided.allowed || this.#modeOf(draft.admittee) === "observe") {
      usage.admitted(draft, !decided.allowed, request);
      responses.admit(request, draft, decided.violated);
      return draft;
    }
    const states = statesOf(draft);
    const headers = responses.limitHeadersOf(states, draft.atMs);
    return this.#refuseAt(request, limitRefusal(decided, states, headers), draft);
  }

  #limiterFailed(request: AdmissionRequest, draft: AdmittedRequest, error: unknown): Decision {
    const { limiterFailed, usage, responses } = this.#parts;
    limiterFailed(error);
    if (this.#modeOf(draft.admittee) !== "observe")
      return this.#refuseAt(request, LIMITER_UNAVAILABLE, draft);
    // Where limits are only observed, a limiter that fails refuses no request.
    usage.admitted(draft, false, request);
    responses.admit(request, draft, []);
    return draft;
  }

  #modeOf({ plan }: Admittee): Mode {
    return plan.mode ?? this.mode;
  }

  /**
   * Charges `sustained` and `burst` of an admitted request that cost nothing. Calendar quotas are not charged, and one that is used up does
   * not refuse: the request is then paced by a separate subject.
   *
   * @returns a refusal, if the request comes too early
   */
  async chargePace(request: AdmissionRequest, admitted: AdmittedRequest): Promise<Refused | undefined> {
    const refused = await this.#refusePace(request, admitted);
    // It was counted as admitted, and is counted as refused now.
    if (refused !== undefined) this.#parts.usage.withdrawn(admitted, 0);
    return refused;
  }

  async #refusePace(request: AdmissionRequest, { admittee }: AdmittedRequest): Promise<Refused | undefined> {
    const { charger, settings } = this.#parts;
    const draft = new AdmittedRequest(this, admittee, 1, settings.clock());
    try {
      const wholes = charger.correct === undefined ? [] : chargesFor(admittee, 1, undefined);
      draft.charges = wholes;
      let outcome = await charger.all(wholes, draft.atMs);
      if (outcome.allowed) await charger.correct?.(quotaRefunds(wholes, outcome));
      if (charger.correct === undefined || isRefusedByQuotas(outcome)) {
        draft.charges = paceCharges(admittee);
        outcome = await charger.all(draft.charges, draft.atMs);
      }
      draft.outcome = outcome;
      if (outcome.allowed || this.#modeOf(admittee) === "observe") return undefined;
      const states = statesOf(draft);
      const headers = this.#parts.responses.limitHeadersOf(states, draft.atMs);
      return this.#refuseAt(request, limitRefusal(outcome, states, headers), draft);
    } catch (error) {
      this.#parts.limiterFailed(error);
      return this.#refuseAt(request, LIMITER_UNAVAILABLE, draft);
    }
  }

  headersOf(admitted: AdmittedRequest): ResponseHeaders {
    return this.#parts.responses.headersOf(admitted);
  }

  settle(mount: AdmittedRequest, settlement: Settlement): MaybePromise<void> {
    const { charger, budgetNames, usage } = this.#parts;
    const { cost, budgets } = settlement;
    if (cost !== undefined) checkCost(cost, "cost");
    if (budgets !== undefined) checkBudgets(budgets, budgetNames);
    const admitted = innermost(mount);
    if (isSettled(admitted) || charger.correct === undefined) return undefined;
    admitted.isSettled = true;
    if (cost !== undefined) usage.corrected(admitted, cost - totalCost(admitted));
    const corrections = settlementCorrections(admitted, settlement);
    return corrections.length === 0 ? undefined : charger.correct(corrections);
  }

  /** Takes back what outer mounts charged, so that a refused request has cost nothing (G4). */
  #withdraw(earlier: AdmittedRequest, refused: Refused): MaybePromise<Refused> {
    const { charger, usage } = this.#parts;
    if (charger.correct === undefined || isSettled(earlier)) return refused;
    earlier.isSettled = true;
    usage.withdrawn(earlier, totalCost(earlier));
    return whenReady(charger.correct(withdrawalCorrections(earlier)), () => refused);
  }

  #refuse(request: AdmissionRequest, refusal: Refusal): Refused {
    return this.#parts.responses.refuse(request, refusal);
  }

  /** Refuses a request whose key was recognized, and records it. */
  #refuseAt(
    request: AdmissionRequest,
    refusal: Refusal,
    { admittee, atMs }: Pick<AdmittedRequest, "admittee" | "atMs">,
  ): Refused {
    const { usage, responses } = this.#parts;
    const { apiKey } = admittee;
    if (apiKey !== undefined) usage.refused(apiKey, atMs, refusal, request.tag);
    return responses.refuse(request, refusal, apiKey);
  }

  #refusePlaintext(request: AdmissionRequest, refusal: Refusal): MaybePromise<Refused> {
    return whenReady(this.#parts.plaintextKeys.handle(request, refusal), (handled) =>
      this.#refuse(request, handled),
    );
  }

  /** Refuses a request without a valid key, and counts it against the client's address. */
  #refuseAttempt(
    request: AdmissionRequest,
    code: "missing-api-key" | "invalid-api-key",
  ): MaybePromise<Refused> {
    return whenReady(this.#parts.attempts.fail(request.ip, code), (refusal) =>
      this.#refuse(request, refusal),
    );
  }
}

/** Requires that a plan limits single clients: anonymous requests have no owner whose limits could apply. */
function requireLimited(plan: Plan, name: string): Plan {
  if (plan.name === name && plan.limits !== undefined) return plan;
  throw new KeywardError(
    "invalid-input",
    `anonymous must be a plan with its own limits; got ${JSON.stringify(name)}.`,
    { field: "anonymous" },
  );
}

/** Refuses an anonymous request where an inner mount requires a key. */
function checkAnonymous({ anonymous, scopes = [], anyScope = [] }: AdmissionRequest): Refusal | undefined {
  const isAllowed = anonymous !== undefined && scopes.length === 0 && anyScope.length === 0;
  return isAllowed ? undefined : { code: "missing-api-key" };
}
