import type { CreateKeyInput } from "@keyward/core";
import type { Command } from "commander";
import { collect, parseExpiry } from "../../arguments.ts";
import { withKeyward } from "../../deployment/open-keyward.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { printCreatedKey, type JsonOption } from "./key-text.ts";

interface CreateOptions extends JsonOption {
  readonly name: string;
  readonly env: string;
  readonly owner?: string;
  readonly scope?: readonly string[];
  readonly plan?: string;
  readonly expires?: Date;
  readonly allowedAddress?: readonly string[];
}

export function addCreate(keys: Command, terminal: Terminal): void {
  keys
    .command("create")
    .description("create a key and print it once")
    .requiredOption("--name <name>", "name of the key")
    .option("--env <environment>", "an environment that the server accepts", "prod")
    .option("--owner <id>", "id of the owner")
    .option("--scope <scope>", "a scope that the key has; repeat it for several", collect)
    .option("--plan <plan>", "name of a plan of the server; it sets the limits")
    .option("--expires <when>", "a duration (90d) or a date (2027-01-31); default: never", parseExpiry)
    .option(
      "--allowed-address <network>",
      "a network that the key may be used from, such as 203.0.113.0/24; repeat it for several",
      collect,
    )
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Examples:
  keyward keys create --name billing
  keyward keys create --name reports --scope reports:write --plan pro --expires 90d
  KEY="$(keyward keys create --name ci)"`,
    )
    .action((options: CreateOptions) => create(terminal, options));
}

async function create(terminal: Terminal, options: CreateOptions): Promise<void> {
  const { name, env, owner, scope, plan, expires, allowedAddress: allowedAddresses } = options;
  const input: CreateKeyInput = {
    name,
    environment: env,
    ...(owner !== undefined && { ownerId: owner }),
    ...(scope !== undefined && { scopes: scope }),
    ...(plan !== undefined && { plan }),
    ...(expires !== undefined && { expiresAt: expires }),
    ...(allowedAddresses !== undefined && { allowedAddresses }),
  };
  // Environments are options of the application, so any name is accepted here.
  const server = { createDatabase: true, environments: [env], plan };
  await withKeyward(
    terminal,
    async ({ kw, actor }) => printCreatedKey(terminal, await kw.keys.create(input, actor), options),
    server,
  );
}
