import { Option, type Command } from "commander";
import { parseDuration } from "../../arguments.ts";
import { confirmOrThrow, type YesOption } from "../../confirm.ts";
import { withKeyward } from "../../deployment/open-keyward.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { formatTime, UNITS_MS } from "../../time.ts";
import { describeKey, getKey, printCreatedKey, type JsonOption } from "./key-text.ts";

interface RotateOptions extends JsonOption, YesOption {
  /** Milliseconds. */
  readonly overlap: number;
}

export function addRotate(keys: Command, terminal: Terminal): void {
  keys
    .command("rotate <id>")
    .description("create a key that replaces another, and print it once")
    .addOption(
      new Option("--overlap <duration>", "how long the old key keeps working; 0 revokes it now")
        .argParser(parseDuration)
        .default(24 * UNITS_MS.h, "24h"),
    )
    .option("--yes", "do not ask for confirmation before an overlap of 0")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Use --overlap 0 for a key that has leaked.

Examples:
  keyward keys rotate key_0VJx9a2Lq7Rm4Tn1Zc8d --overlap 7d
  keyward keys rotate key_0VJx9a2Lq7Rm4Tn1Zc8d --overlap 0 --yes`,
    )
    .action((id: string, options: RotateOptions) => rotate(terminal, id, options));
}

async function rotate(terminal: Terminal, id: string, options: RotateOptions): Promise<void> {
  const { overlap: overlapMs } = options;
  await withKeyward(terminal, async ({ kw, actor }) => {
    if (overlapMs === 0) {
      const key = await getKey(kw, id);
      await confirmOrThrow(terminal, `Revoke ${describeKey(key)} now and create its replacement?`, options);
    }
    const created = await kw.keys.rotate(id, { overlapMs }, actor);
    const { expiresAt } = await getKey(kw, id);
    terminal.note(
      overlapMs === 0 ? "The old key is revoked." : `The old key works until ${formatTime(expiresAt)} UTC.`,
    );
    printCreatedKey(terminal, created, options);
  });
}
