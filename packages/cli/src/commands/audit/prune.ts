import type { Command } from "commander";
import { parsePast } from "../../arguments.ts";
import { confirmOrThrow, type YesOption } from "../../confirm.ts";
import { withKeyward } from "../../deployment/open-keyward.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { formatTime } from "../../time.ts";

interface PruneOptions extends YesOption {
  readonly before: Date;
  readonly json?: boolean;
}

export function addPrune(audit: Command, terminal: Terminal): void {
  audit
    .command("prune")
    .description("delete old audit events, and leave a signed checkpoint")
    .requiredOption(
      "--before <time>",
      "delete events that are older: a duration such as 400d, or a date",
      parsePast,
    )
    .option("--yes", "do not ask for confirmation")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
The events are verified first. If one was edited, removed or inserted, nothing is deleted.
Export them before, if they must be kept elsewhere.

Examples:
  keyward audit prune --before 400d
  keyward audit prune --before 2026-01-01 --yes`,
    )
    .action((options: PruneOptions) => prune(terminal, options));
}

async function prune(terminal: Terminal, options: PruneOptions): Promise<void> {
  const { before, json } = options;
  await withKeyward(terminal, async ({ kw, actor }) => {
    await confirmOrThrow(
      terminal,
      `Delete all audit events before ${formatTime(before)} UTC? This cannot be undone.`,
      options,
    );
    const pruned = await kw.audit.prune({ before }, actor);
    if (json === true) terminal.printJson(pruned);
    terminal.note(`${pruned.deleted} audit events are deleted.`);
  });
}
