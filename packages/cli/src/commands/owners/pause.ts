import type { Command } from "commander";
import { withKeyward } from "../../deployment/open-keyward.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import type { JsonOption } from "../keys/key-text.ts";
import { addPauseOptions, toPauseOptions, type PauseCommandOptions } from "../pause-options.ts";
import { printOwner } from "./owner-text.ts";

export function addPauseOwner(owners: Command, terminal: Terminal): void {
  addPauseOptions(
    owners
      .command("pause <id>")
      .description("refuse all keys of an owner until it is resumed, or until a time"),
  )
    .option("--json", "print JSON")
    .addHelpText("after", '\nExample:\n  keyward owners pause acme --reason "invoice overdue"')
    .action((id: string, options: JsonOption & PauseCommandOptions) =>
      withKeyward(terminal, async ({ kw, actor }) =>
        printOwner(terminal, await kw.owners.pause(id, toPauseOptions(options), actor), options),
      ),
    );
}

export function addResumeOwner(owners: Command, terminal: Terminal): void {
  owners
    .command("resume <id>")
    .description("end the pause of an owner; keys that were paused themselves stay paused")
    .option("--json", "print JSON")
    .addHelpText("after", "\nExample:\n  keyward owners resume acme")
    .action((id: string, options: JsonOption) =>
      withKeyward(terminal, async ({ kw, actor }) =>
        printOwner(terminal, await kw.owners.resume(id, actor), options),
      ),
    );
}
