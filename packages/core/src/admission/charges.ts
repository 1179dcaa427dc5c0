import { KeywardError } from "../errors.ts";
import type { Charge } from "../limits/limiter.ts";
import type { Admittee } from "./admissible-key.ts";
import { checkCost, isCost } from "./request.ts";

/** The cost of a request for each budget. */
export type BudgetCosts = Readonly<Record<string, number>>;

/**
 * Checks the costs of budgets.
 *
 * @param names the names of all budgets that any plan defines
 * @throws KeywardError `invalid-input` for an invalid cost, or a budget that no plan defines
 */
export function checkBudgets(budgets: BudgetCosts, names: ReadonlySet<string>): void {
  for (const name in budgets) {
    if (!Object.hasOwn(budgets, name)) continue;
    if (!names.has(name)) {
      const defined = names.size === 0 ? "no plan defines a budget" : `plans define ${[...names].join(", ")}`;
      throw new KeywardError("invalid-input", `budgets.${name}: no plan defines this budget; ${defined}.`, {
        field: `budgets.${name}`,
      });
    }
    if (!isCost(budgets[name])) checkCost(budgets[name], `budgets.${name}`);
  }
}

/** The charges of a request: its key line, its owner, and the budgets that its plan defines. */
export function chargesFor(
  { line, owner, budgets }: Admittee,
  cost: number,
  budgetCosts: BudgetCosts | undefined,
): readonly Charge[] {
  const charges: Charge[] = [];
  if (line !== undefined) charges.push({ subject: line.subject, limits: line.rules, cost });
  if (owner !== undefined) charges.push({ subject: owner.subject, limits: owner.rules, cost });
  if (budgetCosts === undefined) return charges;
  for (const name in budgetCosts) {
    const budget = budgets.get(name);
    if (budget === undefined || !Object.hasOwn(budgetCosts, name)) continue;
    charges.push({ subject: budget.subject, limits: budget.rules, cost: budgetCosts[name] as number });
  }
  return charges;
}

/**
 * The cost that an inner mount adds for each budget to the charges of outer mounts.
 *
 * @param charged by name, of all budgets that limit the request
 */
export function addedBudgets(
  budgetCosts: BudgetCosts | undefined,
  charged: Readonly<Record<string, number>>,
): BudgetCosts | undefined {
  if (budgetCosts === undefined) return undefined;
  const added = Object.entries(budgetCosts)
    .map(([name, cost]): [string, number] => [name, cost - (charged[name] ?? cost)])
    .filter(([, cost]) => cost > 0);
  return added.length === 0 ? undefined : Object.fromEntries(added);
}
