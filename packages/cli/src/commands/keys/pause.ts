import type { Command } from "commander";
import { withKeyward } from "../../deployment/open-keyward.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { addPauseOptions, toPauseOptions, type PauseCommandOptions } from "../pause-options.ts";
import { printKey, type JsonOption } from "./key-text.ts";

export function addPause(keys: Command, terminal: Terminal): void {
  addPauseOptions(keys.command("pause <id>").description("refuse a key until it is resumed, or until a time"))
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Examples:
  keyward keys pause key_0VJx9a2Lq7Rm4Tn1Zc8d --reason "invoice overdue"
  keyward keys pause key_0VJx9a2Lq7Rm4Tn1Zc8d --until 2h`,
    )
    .action((id: string, options: JsonOption & PauseCommandOptions) =>
      withKeyward(terminal, async ({ kw, actor }) =>
        printKey(terminal, await kw.keys.pause(id, toPauseOptions(options), actor), options),
      ),
    );
}

export function addResume(keys: Command, terminal: Terminal): void {
  keys
    .command("resume <id>")
    .description("end the pause of a key")
    .option("--json", "print JSON")
    .addHelpText("after", "\nExample:\n  keyward keys resume key_0VJx9a2Lq7Rm4Tn1Zc8d")
    .action((id: string, options: JsonOption) =>
      withKeyward(terminal, async ({ kw, actor }) =>
        printKey(terminal, await kw.keys.resume(id, actor), options),
      ),
    );
}
