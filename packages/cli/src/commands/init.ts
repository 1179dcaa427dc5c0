import { randomBytes } from "node:crypto";
import type { Command } from "commander";
import type { Terminal } from "../terminal/terminal.ts";

export function addInit(program: Command, terminal: Terminal): void {
  program
    .command("init")
    .description("create a secret for a new deployment")
    .option("--json", "print JSON")
    .addHelpText("after", "\nExample:\n  keyward init >> .env")
    .action(({ json }: { json?: boolean }) => {
      const secret = randomBytes(32).toString("base64url");
      if (json === true) terminal.printJson({ secret });
      else terminal.printSecret(`KEYWARD_SECRET=${secret}`);
      terminal.note(
        "Store it where only the application can read it, and back it up: without it, no key works. Do not commit it.",
      );
    });
}
