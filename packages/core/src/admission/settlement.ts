import type { Correction } from "../limits/limiter.ts";
import { chargesOf, mountsOf, type AdmittedRequest, type Charged } from "./admitted-request.ts";
import type { Settlement } from "./decision.ts";

/** True if what a mount charged was counted. In observe mode a request is admitted that was not. */
function isCounted(mount: AdmittedRequest): boolean {
  return chargesOf(mount).every(({ result }) => result.allowed);
}

/** The charges of all mounts of a request that were counted, by subject, the latest first. */
function countedCharges(admitted: AdmittedRequest): Map<string, Charged[]> {
  const bySubject = new Map<string, Charged[]>();
  for (const mount of mountsOf(admitted)) {
    if (!isCounted(mount)) continue;
    for (const charged of chargesOf(mount)) {
      const { subject } = charged.charge;
      const existing = bySubject.get(subject);
      if (existing === undefined) bySubject.set(subject, [charged]);
      else existing.push(charged);
    }
  }
  return bySubject;
}

function sumOf(charges: readonly Charged[]): number {
  let sum = 0;
  for (const { charge } of charges) sum += charge.cost;
  return sum;
}

/** The cost that a request was charged so far for each budget. */
export function budgetTotals(admitted: AdmittedRequest): Record<string, number> {
  const counted = countedCharges(admitted);
  return Object.fromEntries(
    [...admitted.admittee.budgets].map(([name, { subject }]) => [name, sumOf(counted.get(subject) ?? [])]),
  );
}

/** Corrects what a subject was charged to `cost` in all. Refunds go to the latest charges first, each in its own periods. */
function correctionsTo(charges: readonly Charged[], cost: number, includesPacing: boolean): Correction[] {
  let missing = cost - sumOf(charges);
  const [latest] = charges;
  if (latest === undefined || missing === 0) return [];
  const correct = ({ charge, result }: Charged, by: number): Correction => ({
    subject: charge.subject,
    limits: charge.limits,
    cost: by,
    charged: result,
    includesPacing,
  });
  if (missing > 0) return [correct(latest, missing)];
  const corrections: Correction[] = [];
  for (const charged of charges) {
    const by = Math.max(-charged.charge.cost, missing);
    if (missing === 0) break;
    if (by < 0) corrections.push(correct(charged, by));
    missing -= by;
  }
  return corrections;
}

/** The corrections that settle a request. Pacing is corrected for budgets only, so that G1 and G2 hold per admitted request. */
export function settlementCorrections(
  admitted: AdmittedRequest,
  { cost, budgets = {} }: Settlement,
): readonly Correction[] {
  const { line, owner, budgets: targets } = admitted.admittee;
  const counted = countedCharges(admitted);
  const corrections: Correction[] = [];
  for (const target of [line, owner]) {
    if (target === undefined || cost === undefined) continue;
    corrections.push(...correctionsTo(counted.get(target.subject) ?? [], cost, false));
  }
  if (![...mountsOf(admitted)].some(isCounted)) return corrections;
  for (const [name, budgetCost] of Object.entries(budgets)) {
    const target = targets.get(name);
    if (target === undefined) continue;
    const charged = counted.get(target.subject);
    if (charged === undefined)
      corrections.push({ subject: target.subject, limits: target.rules, cost: budgetCost });
    else corrections.push(...correctionsTo(charged, budgetCost, true));
  }
  return corrections;
}

/** The corrections that take back everything that was counted for a request which is refused after all (G4). */
export function withdrawalCorrections(admitted: AdmittedRequest): readonly Correction[] {
  return [...countedCharges(admitted).values()].flatMap((charges) => correctionsTo(charges, 0, true));
}
