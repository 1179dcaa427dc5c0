import { randomBytes } from "node:crypto";
import type { Command } from "commander";
import type { Terminal } from "../terminal.ts";

export function addInit(program: Command, terminal: Terminal): void {
  program
    .command("init")
    .description("make a secret for a new deployment")
    .option("--json", "as JSON")
    .addHelpText("after", "\nExample:\n  keyward init >> .env")
    .action(({ json }: { json?: boolean }) => {
      const secret = randomBytes(32).toString("base64url");
      terminal.out(json === true ? JSON.stringify({ secret }) : `KEYWARD_SECRET=${secret}`);
      terminal.say(
        "Keep it where the application finds it and nobody else does, and back it up: without it no key works. Never commit it.",
      );
    });
}
