import type { Charge, Correction, GroupResult } from "../limits/limiter.ts";
import { isQuotaPolicy } from "../limits/policies.ts";
import { rulesOf } from "../limits/rules.ts";
import type { Admittee } from "./admissible-key.ts";

/** True if calendar quotas refused, and neither `sustained` nor `burst` did. */
export function isRefusedByQuotas({ allowed, violated }: GroupResult): boolean {
  return !allowed && violated.every(isQuotaPolicy);
}

/** The corrections that take charges out of calendar quotas, and leave them in `sustained` and `burst`. */
export function quotaRefunds(charges: readonly Charge[], { results }: GroupResult): readonly Correction[] {
  return charges.map(({ subject, limits, cost }, index) => ({
    subject,
    limits,
    cost: -cost,
    charged: results[index],
    includesPacing: false,
  }));
}

/** A charge under the rate and burst of a key line, which is counted apart from the requests of the line. */
export function paceCharges({ line }: Admittee): readonly Charge[] {
  if (line?.rules.pace === undefined) return [];
  const { rate, per, burst } = line.rules.limits;
  const limits = rulesOf({ rate, per, burst } as Charge["limits"]);
  return [{ subject: `${line.subject}|me`, limits, cost: 1 }];
}
