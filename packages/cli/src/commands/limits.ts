import type { Command } from "commander";
import { withKeyward } from "../deployment/open-keyward.ts";
import type { Terminal } from "../terminal/terminal.ts";

interface ResetOptions {
  readonly owner?: boolean;
}

export function addLimitsCommands(program: Command, terminal: Terminal): void {
  const limits = program.command("limits").description("reset what was counted");
  limits
    .command("reset <id>")
    .description("clear the counts of a key, or of an owner and its budgets, everywhere")
    .option("--owner", "the id is an owner's")
    .addHelpText(
      "after",
      `
A key shares its count with the keys that it was rotated from and to.
Set REDIS_URL if the application counts in Redis, and KEYWARD_PLANS if its plans have budgets.

Examples:
  keyward limits reset key_0VJx9a2Lq7Rm4Tn1Zc8d
  keyward limits reset acme --owner`,
    )
    .action((id: string, options: ResetOptions) => reset(terminal, id, options));
}

async function reset(terminal: Terminal, id: string, { owner }: ResetOptions): Promise<void> {
  await withKeyward(
    terminal,
    async ({ kw, actor, knowsPlans }) => {
      await kw.limits.reset(owner === true ? { ownerId: id } : id, actor);
      terminal.note(`The counts of ${id} are reset.`);
      if (!knowsPlans) terminal.note("KEYWARD_PLANS is not set, so counts of budgets were not reset.");
    },
    { needsCounters: true },
  );
}
