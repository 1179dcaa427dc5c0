import { isQuotaPolicy, type ApiKey, type Keyward, type Quota } from "@keyward/core";
import type { Command } from "commander";
import { UsageError } from "../command-error.ts";
import { withKeyward } from "../deployment/open-keyward.ts";
import { fieldList, table } from "../terminal/table.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { formatIn } from "../time.ts";
import { getKey, type JsonOption } from "./keys/key-text.ts";
import { describeLimits } from "./limits-text.ts";

export function addQuota(program: Command, terminal: Terminal): void {
  program
    .command("quota <id>")
    .description("show the limits of a key, and what remains of them")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Plans are options of the application: set KEYWARD_PLANS to a JSON file that contains them.
Set REDIS_URL if the application counts in Redis. Otherwise its processes count rates in memory, and only quotas are shown.

Example:
  KEYWARD_PLANS=plans.json keyward quota key_0VJx9a2Lq7Rm4Tn1Zc8d`,
    )
    .action((id: string, options: JsonOption) => printQuota(terminal, id, options));
}

async function printQuota(terminal: Terminal, id: string, { json }: JsonOption): Promise<void> {
  const quota = await withKeyward(
    terminal,
    async ({ kw, knowsPlans, usesRedis }) => {
      const key = await getKey(kw, id);
      if (!knowsPlans) await requireDefaultPlan(kw, key);
      const found = await kw.quota(key);
      return usesRedis ? found : withoutPace(found);
    },
    { needsCounters: true },
  );
  if (json === true) return terminal.printJson(quota);
  const { limits, remaining, resetMs } = quota;
  const { owner, budgets = {}, ...own } = limits;
  terminal.print(
    ...fieldList([
      ["limits", Object.keys(own).length === 0 ? "none" : describeLimits(own)],
      ["limits of the owner", owner && describeLimits(owner)],
      ...Object.entries(budgets).map(([name, budget]) => [`budget ${name}`, describeLimits(budget)] as const),
    ]),
    "",
    ...table(
      ["POLICY", "REMAINING", "RESETS"],
      Object.entries(remaining).map(([policy, left]) => [
        policy,
        String(left),
        formatIn(resetMs[policy] ?? 0),
      ]),
    ),
  );
}

/** Without the plans of the application, only the built-in plan can be shown. */
async function requireDefaultPlan(kw: Keyward, { plan, ownerId }: ApiKey): Promise<void> {
  const effective = plan ?? (ownerId === undefined ? undefined : (await kw.owners.get(ownerId))?.plan);
  if (effective === undefined || effective === "default") return;
  throw new UsageError(
    `KEYWARD_PLANS is not set. Set it to a JSON file with the plans of the application, which contains "${effective}".`,
  );
}

function withoutPace({ limits, remaining, resetMs }: Quota): Quota {
  const quotas = (values: Quota["remaining"]) =>
    Object.fromEntries(Object.entries(values).filter(([policy]) => isQuotaPolicy(policy)));
  return { limits, remaining: quotas(remaining), resetMs: quotas(resetMs) };
}
