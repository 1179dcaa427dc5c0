import type { UpdateKeyInput } from "@keyward/core";
import type { Command } from "commander";
import { collect, parseExpiry } from "../../arguments.ts";
import { UsageError } from "../../command-error.ts";
import { withKeyward } from "../../deployment/open-keyward.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { addOwnOptions, planOf, toOwnFields, type OwnOptions } from "../own-options.ts";
import { printKey, type JsonOption } from "./key-text.ts";

interface UpdateKeyOptions extends JsonOption, OwnOptions {
  readonly scope?: readonly string[];
  /** `false` removes all scopes. */
  readonly scopes?: boolean;
  readonly expires?: Date | "never";
}

export function addUpdate(keys: Command, terminal: Terminal): void {
  addOwnOptions(keys.command("update <id>").description("change a key; what is left out stays"))
    .option("--scope <scope>", "a scope, in place of all that the key has; repeat it for several", collect)
    .option("--no-scopes", "remove all scopes")
    .option("--expires <when>", "a duration (90d), a date (2027-01-31), or never", (text: string) =>
      text === "never" ? text : parseExpiry(text),
    )
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Examples:
  keyward keys update key_0VJx9a2Lq7Rm4Tn1Zc8d --name "billing, EU" --plan pro
  keyward keys update key_0VJx9a2Lq7Rm4Tn1Zc8d --scope reports:read --expires 90d
  keyward keys update key_0VJx9a2Lq7Rm4Tn1Zc8d --allowed-address 203.0.113.0/24`,
    )
    .action((id: string, options: UpdateKeyOptions) => update(terminal, id, options));
}

async function update(terminal: Terminal, id: string, options: UpdateKeyOptions): Promise<void> {
  const { scope, scopes: keepsScopes, expires } = options;
  if (scope !== undefined && keepsScopes === false) {
    throw new UsageError("Only one of --scope and --no-scopes can be used.");
  }
  const scopes = keepsScopes === false ? [] : scope;
  const input: UpdateKeyInput = {
    ...toOwnFields(options),
    ...(scopes !== undefined && { scopes }),
    ...(expires !== undefined && { expiresAt: expires === "never" ? null : expires }),
  };
  if (Object.keys(input).length === 0) throw new UsageError("Pass what to change, such as --name billing.");
  await withKeyward(
    terminal,
    async ({ kw, actor }) => printKey(terminal, await kw.keys.update(id, input, actor), options),
    { plan: planOf(options) },
  );
}
