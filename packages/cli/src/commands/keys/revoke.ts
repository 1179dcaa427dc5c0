import type { Command } from "commander";
import { confirmOrThrow, type YesOption } from "../../confirm.ts";
import { withKeyward } from "../../deployment/open-keyward.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { describeKey, getKey, type JsonOption } from "./key-text.ts";

type RevokeOptions = JsonOption & YesOption;

export function addRevoke(keys: Command, terminal: Terminal): void {
  keys
    .command("revoke <id>")
    .description("revoke a key permanently")
    .option("--yes", "do not ask for confirmation")
    .option("--json", "print JSON")
    .addHelpText("after", "\nExample:\n  keyward keys revoke key_0VJx9a2Lq7Rm4Tn1Zc8d --yes")
    .action((id: string, options: RevokeOptions) => revoke(terminal, id, options));
}

async function revoke(terminal: Terminal, id: string, options: RevokeOptions): Promise<void> {
  await withKeyward(terminal, async ({ kw, actor }) => {
    const { status, ...key } = await getKey(kw, id);
    const isRevoked = status === "revoked";
    if (!isRevoked)
      await confirmOrThrow(
        terminal,
        `Revoke ${describeKey({ status, ...key })}? This cannot be undone.`,
        options,
      );
    const revoked = await kw.keys.revoke(id, actor);
    if (options.json === true) terminal.printJson(revoked);
    terminal.note(`${describeKey(revoked)} ${isRevoked ? "was already revoked" : "is revoked"}.`);
  });
}
