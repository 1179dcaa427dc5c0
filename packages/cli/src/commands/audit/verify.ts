import type { AuditHead } from "@keyward/core";
import type { Command } from "commander";
import { withKeyward } from "../../deployment/open-keyward.ts";
import { styled } from "../../terminal/line.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { formatHead, parseHead } from "./head.ts";

interface VerifyOptions {
  readonly since?: AuditHead;
  readonly json?: boolean;
}

/** @param onProblem is called if an event was edited, removed or inserted */
export function addVerify(audit: Command, terminal: Terminal, onProblem: () => void): void {
  audit
    .command("verify")
    .description("find audit events that were edited, removed or inserted, and print the head")
    .option("--since <head>", "prove that nothing up to this head was changed", parseHead)
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Save the head outside the database. Only with --since can it be found that the newest events were removed.

Exit status: 0 nothing was changed, 1 something was changed, 2 usage error.

Examples:
  keyward audit verify
  keyward audit verify --since "$(cat audit-head.txt)"`,
    )
    .action((options: VerifyOptions) => verify(terminal, options, onProblem));
}

async function verify(
  terminal: Terminal,
  { since, json }: VerifyOptions,
  onProblem: () => void,
): Promise<void> {
  const result = await withKeyward(terminal, ({ kw }) => kw.audit.verify({ since }));
  if (!result.ok) onProblem();
  if (json === true) return terminal.printJson(result);
  for (const { kind, message } of result.problems)
    terminal.note([styled("red", kind.padEnd(8)), ` ${message}`]);
  const { events, head, checkpoint } = result;
  const deleted =
    checkpoint === undefined ? "" : ` Events up to ${checkpoint.sequence} were deleted by retention.`;
  terminal.note(
    `${events} events verified: ${result.ok ? "none was changed" : "some were changed"}.${deleted}`,
  );
  if (head !== undefined) terminal.print(formatHead(head));
}
