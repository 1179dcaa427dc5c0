import type { CreateKeyInput, KeywardOptions } from "@keyward/core";
import type { Command } from "commander";
import { actorOf } from "../../act.ts";
import { withKeyward } from "../../settings.ts";
import type { Terminal } from "../../terminal.ts";
import { parseExpiry } from "../../times.ts";
import { type Json, showOnce } from "./print-key.ts";

interface CreateFlags extends Json {
  readonly name: string;
  readonly env: string;
  readonly owner?: string;
  readonly scope?: readonly string[];
  readonly plan?: string;
  readonly expires?: Date;
}

const collect = (text: string, before: readonly string[] | undefined) => [...(before ?? []), text];

export function addCreate(keys: Command, terminal: Terminal): void {
  keys
    .command("create")
    .description("create a key and print it, once")
    .requiredOption("--name <name>", "what it is for")
    .option("--env <environment>", "one that the server accepts", "prod")
    .option("--owner <id>", "whose key it is")
    .option("--scope <scope>", "what it may do; several times for several", collect)
    .option("--plan <plan>", "the plan of the server whose limits it has")
    .option("--expires <when>", "90d, or 2027-01-31; never if left out", parseExpiry)
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      '\nExamples:\n  keyward keys create --name billing\n  keyward keys create --name reports --scope reports:write --plan pro --expires 90d\n  KEY="$(keyward keys create --name ci)"',
    )
    .action((flags: CreateFlags) => create(terminal, flags));
}

async function create(terminal: Terminal, flags: CreateFlags): Promise<void> {
  const { name, env, owner, scope, plan, expires } = flags;
  const input: CreateKeyInput = {
    name,
    environment: env,
    ...(owner !== undefined && { ownerId: owner }),
    ...(scope !== undefined && { scopes: scope }),
    ...(plan !== undefined && { plan }),
    ...(expires !== undefined && { expiresAt: expires }),
  };
  // Which environments and plans there are, the server knows.
  const server: KeywardOptions & { readonly makesDatabase: true } = {
    makesDatabase: true,
    environments: [env],
    ...(plan !== undefined && { plans: { [plan]: { rate: 1, burst: 1, daily: 1 } } }),
  };
  await withKeyward(
    terminal,
    async (kw) => showOnce(terminal, await kw.keys.create(input, actorOf(terminal)), flags),
    server,
  );
}
