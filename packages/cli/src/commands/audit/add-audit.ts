import type { Command } from "commander";
import type { Terminal } from "../../terminal/terminal.ts";
import { addExport } from "./export.ts";
import { addList } from "./list.ts";
import { addPrune } from "./prune.ts";
import { addVerify } from "./verify.ts";

/** @param onProblem is called if a verification finds a problem */
export function addAudit(program: Command, terminal: Terminal, onProblem: () => void): void {
  const audit = program
    .command("audit")
    .description("list, verify, export and prune audit events")
    .addHelpText(
      "after",
      `
Examples:
  keyward audit --key key_0VJx9a2Lq7Rm4Tn1Zc8d
  keyward audit verify
  keyward audit export > audit.jsonl`,
    );
  addList(audit, terminal);
  addVerify(audit, terminal, onProblem);
  addExport(audit, terminal);
  addPrune(audit, terminal);
}
