import type { Command } from "commander";
import { wholeNumber } from "../../arguments.ts";
import { withKeyward } from "../../deployment/open-keyward.ts";
import type { Terminal } from "../../terminal/terminal.ts";

interface ExportOptions {
  readonly after: number;
}

export function addExport(audit: Command, terminal: Terminal): void {
  audit
    .command("export")
    .description("print audit events as JSON Lines, the oldest first")
    .option("--after <sequence>", "only events after this one", wholeNumber(0), 0)
    .addHelpText(
      "after",
      `
Each line has the event's sequence and MAC, as keyward audit verify prints them for the last one.

Examples:
  keyward audit export > audit.jsonl
  keyward audit export --after 1204 >> audit.jsonl`,
    )
    .action((options: ExportOptions) => exportEvents(terminal, options));
}

async function exportEvents(terminal: Terminal, { after }: ExportOptions): Promise<void> {
  await withKeyward(terminal, async ({ kw }) => {
    for await (const line of kw.audit.export({ after })) terminal.printJsonLine(JSON.parse(line));
  });
}
