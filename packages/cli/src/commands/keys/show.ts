import type { Command } from "commander";
import { withKeyward } from "../../deployment/open-keyward.ts";
import { fieldList } from "../../terminal/table.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { formatAgo } from "../../time.ts";
import { getKey, printKey, type JsonOption } from "./key-text.ts";

export function addShow(keys: Command, terminal: Terminal): void {
  keys
    .command("show <id>")
    .description("show a key's details; the key itself cannot be shown again")
    .option("--json", "print JSON")
    .addHelpText("after", "\nExample:\n  keyward keys show key_0VJx9a2Lq7Rm4Tn1Zc8d")
    .action((id: string, options: JsonOption) =>
      withKeyward(terminal, async ({ kw }) => {
        const key = await getKey(kw, id);
        const networks = await kw.usage.networks(id);
        if (options.json === true) return terminal.printJson({ ...key, networks });
        printKey(terminal, key, options);
        if (networks.length === 0) return;
        terminal.print("Used in the last 30 days from:");
        terminal.print(
          ...fieldList(networks.map(({ network, lastUsedAt }) => [network, `${formatAgo(lastUsedAt)}`])),
        );
      }),
    );
}
