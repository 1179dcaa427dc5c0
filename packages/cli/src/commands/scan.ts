import { existsSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { createKeyFinder, KeywardError, type ApiKey } from "@keyward/core";
import type { Command } from "commander";
import { actorOf, agreeOn, describeKey } from "../act.ts";
import { scanFiles, type Scanned } from "../scan/files.ts";
import { scanHistory, scanStaged } from "../scan/git.ts";
import type { Leak } from "../scan/leak.ts";
import { toSarif } from "../scan/sarif.ts";
import { readSettings, withKeyward } from "../settings.ts";
import type { Terminal } from "../terminal.ts";

interface ScanFlags {
  readonly staged?: boolean;
  readonly history?: boolean;
  readonly revoke?: boolean;
  readonly yes?: boolean;
  readonly sarif?: string;
  readonly json?: boolean;
}

/** @param found is told if there is a leak */
export function addScan(program: Command, terminal: Terminal, found: () => void): void {
  program
    .command("scan [path]")
    .description("find keys in files that git does not ignore, in staged changes, or in all of git's history")
    .option("--staged", "in what is about to be committed")
    .option("--history", "in everything that was ever committed")
    .option("--revoke", "and revoke those that are found")
    .option("--yes", "without a question")
    .option("--sarif <file>", "write a SARIF report as well")
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      "\nWith the deployment's secret only keys that it issued are reported; without it, whatever looks like one.\n\nExamples:\n  keyward scan\n  keyward scan --staged\n  keyward scan --history --revoke",
    )
    .action((path: string | undefined, flags: ScanFlags) => scan(terminal, path ?? ".", flags, found));
}

async function scan(terminal: Terminal, path: string, flags: ScanFlags, found: () => void): Promise<void> {
  if (flags.staged === true && flags.history === true) {
    throw new KeywardError("invalid-input", "scan: wants --staged or --history, not both.");
  }
  const where = resolve(terminal.cwd, path);
  if (!existsSync(where)) throw new KeywardError("invalid-input", `scan: there is no ${path}.`);
  const startedAt = performance.now();
  const scanned = { files: 0, bytes: 0 };
  const leaks = await search(terminal, where, path, flags, scanned);
  if (leaks.length > 0) found();
  const ended = flags.revoke === true && leaks.length > 0 ? await revoke(terminal, leaks, flags) : [];
  if (flags.sarif !== undefined) {
    writeFileSync(resolve(terminal.cwd, flags.sarif), `${JSON.stringify(toSarif(leaks), null, 2)}\n`);
  }
  if (flags.json === true) {
    const masked = leaks.map(({ secret, ...leak }) => ({ ...leak, masked: secret.masked }));
    return terminal.out(JSON.stringify({ leaks: masked, revoked: ended.map(({ id }) => id) }, null, 2));
  }
  for (const leak of leaks) terminal.out(describe(terminal, leak));
  terminal.say(summary(leaks, scanned, performance.now() - startedAt));
}

async function search(
  terminal: Terminal,
  where: string,
  path: string,
  { staged, history }: ScanFlags,
  scanned: Scanned,
): Promise<Leak[]> {
  const { secrets } = readSettings(terminal);
  const findKeys = createKeyFinder(secrets.length > 0 ? { secret: secrets } : {});
  const leaks: Leak[] = [];
  if (staged === true) for await (const leak of scanStaged(where, findKeys)) leaks.push(leak);
  else if (history === true) for await (const leak of scanHistory(where, findKeys)) leaks.push(leak);
  else
    for (const leak of scanFiles(where, findKeys, scanned))
      leaks.push({ ...leak, path: shown(leak.path, where, path) });
  return leaks;
}

/** As the person who asked would write it. */
function shown(file: string, where: string, path: string): string {
  const inside = file.slice(where.length).replace(/^[\\/]/, "");
  if (inside === "") return path;
  return path === "." ? inside : `${path.replace(/[\\/]$/, "")}/${inside}`;
}

async function revoke(terminal: Terminal, leaks: readonly Leak[], flags: ScanFlags): Promise<ApiKey[]> {
  return withKeyward(terminal, async (kw) => {
    const known = new Map<string, ApiKey>();
    for (const { secret } of leaks) {
      const key = await kw.keys.identify(secret.reveal());
      if (key !== undefined && key.status !== "revoked") known.set(key.id, key);
    }
    const ended: ApiKey[] = [];
    for (const key of known.values()) {
      await agreeOn(terminal, `Revoke ${describeKey(key)}? This cannot be undone.`, flags);
      ended.push(await kw.keys.revoke(key.id, { ...actorOf(terminal) }));
      terminal.say(`Revoked ${describeKey(key)}.`);
    }
    if (ended.length === 0) terminal.say("None of them is a live key of this store.");
    return ended;
  });
}

function describe({ paint }: Terminal, { path, line, column, secret, commit }: Leak): string {
  const where = `${paint("bold", path)}:${line}:${column}`;
  return `${where}  ${paint("red", secret.masked)}${commit === undefined ? "" : `  commit ${commit.slice(0, 12)}`}`;
}

function summary(leaks: readonly Leak[], { files, bytes }: Scanned, ms: number): string {
  const keys = leaks.length === 0 ? "No keys found" : `${leaks.length} found`;
  if (files === 0) return `${keys}.`;
  return `${keys} in ${files} files, ${(bytes / 1e6).toFixed(1)} MB, ${(ms / 1000).toFixed(2)} s.`;
}
