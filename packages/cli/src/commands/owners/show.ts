import type { Command } from "commander";
import { withKeyward } from "../../deployment/open-keyward.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import type { JsonOption } from "../keys/key-text.ts";
import { getOwner, printOwner } from "./owner-text.ts";

export function addShowOwner(owners: Command, terminal: Terminal): void {
  owners
    .command("show <id>")
    .description("show an owner")
    .option("--json", "print JSON")
    .addHelpText("after", "\nExample:\n  keyward owners show acme")
    .action((id: string, options: JsonOption) =>
      withKeyward(terminal, async ({ kw }) => printOwner(terminal, await getOwner(kw, id), options)),
    );
}
