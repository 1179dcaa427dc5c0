import { realpathSync, statSync, writeFileSync } from "node:fs";
import { isAbsolute, join, relative, resolve } from "node:path";
import { createKeyFinder, type ApiKey } from "@keyward/core";
import type { Command } from "commander";
import { CommandError, UsageError } from "../command-error.ts";
import { confirmOrThrow, type YesOption } from "../confirm.ts";
import { withKeyward } from "../deployment/open-keyward.ts";
import { FileScan, type ScanTotals } from "../scan/files.ts";
import { scanHistory, scanStaged } from "../scan/git.ts";
import { IsolatedGit } from "../scan/isolated-git.ts";
import type { FindKeys, Leak } from "../scan/leak.ts";
import { findRepository } from "../scan/repository.ts";
import { toSarif } from "../scan/sarif.ts";
import { readScanSecrets } from "../scan/secrets.ts";
import { styled, type Line } from "../terminal/line.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { describeKey } from "./keys/key-text.ts";

interface ScanOptions extends YesOption {
  readonly staged?: boolean;
  readonly history?: boolean;
  readonly revoke?: boolean;
  readonly sarif?: string;
  readonly json?: boolean;
}

/** The result of a scan. */
interface ScanResult {
  readonly leaks: readonly Leak[];
  /** Remarks on parts that could not be scanned. */
  readonly remarks: readonly string[];
  /** `undefined` for a scan of Git objects. */
  readonly totals: ScanTotals | undefined;
}

/** @param onLeak is called if there is at least one leak */
export function addScan(program: Command, terminal: Terminal, onLeak: () => void): void {
  program
    .command("scan [path]")
    .description("find API keys in files, staged changes or the Git history")
    .option("--staged", "scan what is about to be committed")
    .option("--history", "scan every version of every file that any branch or tag can reach")
    .option("--revoke", "revoke the keys that are found")
    .option("--yes", "revoke without asking")
    .option("--sarif <file>", "also write a SARIF report")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Scans a file, or a folder without what Git ignores. Symbolic links inside the folder are not followed. With the
deployment's secret, only keys that it issued are reported. Without it, everything with the form of a key is.

Exit status: 0 no keys found, 1 keys found, 2 usage error.

Examples:
  keyward scan
  keyward scan --staged
  keyward scan --history --revoke`,
    )
    .action((path: string | undefined, options: ScanOptions) => scan(terminal, path ?? ".", options, onLeak));
}

async function scan(
  terminal: Terminal,
  path: string,
  options: ScanOptions,
  onLeak: () => void,
): Promise<void> {
  if (options.staged === true && options.history === true)
    throw new UsageError("Only one of --staged and --history may be used.");
  const target = resolveTarget(terminal, path);
  const startedAt = performance.now();
  const secrets = readScanSecrets(terminal);
  const findKeys = createKeyFinder(secrets.length > 0 ? { secret: secrets } : {});
  const { leaks, remarks, totals } =
    options.staged === true || options.history === true
      ? await scanRepository(terminal, target, options, findKeys)
      : scanFiles(terminal, target, path, findKeys);
  const seconds = (performance.now() - startedAt) / 1000;
  if (leaks.length > 0) onLeak();
  if (options.json !== true) terminal.print(...leaks.map(describeLeak));
  terminal.note(...remarks);
  if (options.sarif !== undefined) writeReport(resolve(terminal.cwd, options.sarif), leaks);
  const revoked =
    options.revoke === true && leaks.length > 0 ? await revokeAll(terminal, leaks, options) : [];
  if (options.json === true) {
    const masked = leaks.map(({ secret, ...leak }) => ({ ...leak, masked: secret.masked }));
    return terminal.printJson({ leaks: masked, revoked: revoked.map(({ id }) => id) });
  }
  terminal.note(summarize(leaks.length, totals, seconds));
}

/** The real path of a file or folder that the user names, which may be a symbolic link. */
function resolveTarget({ cwd }: Terminal, path: string): string {
  const absolute = resolve(cwd, path);
  const stats = statSync(absolute, { throwIfNoEntry: false });
  if (stats === undefined) throw new UsageError(`${path} does not exist.`);
  if (!stats.isFile() && !stats.isDirectory()) throw new UsageError(`${path} must be a file or a folder.`);
  return realpathSync(absolute);
}

function scanFiles(terminal: Terminal, target: string, path: string, findKeys: FindKeys): ScanResult {
  if (findRepository(target, terminal)?.root === undefined && findRepository(target, terminal) !== undefined)
    throw new UsageError(`${path} is a bare Git repository, which has no files. Use --history.`);
  const files = new FileScan(findKeys, terminal);
  const leaks = Array.from(files.search(target), (leak) => ({
    ...leak,
    path: displayPath(leak.path, target, path),
  }));
  const { unreadable, withoutIndex } = files.totals;
  const remarks = [
    ...(unreadable > 0
      ? [`${count(unreadable, "file or folder", "files or folders")} could not be read.`]
      : []),
    ...(withoutIndex > 0
      ? ["git is not installed. Files that are tracked although they are ignored were not scanned."]
      : []),
  ];
  return { leaks, remarks, totals: files.totals };
}

async function scanRepository(
  terminal: Terminal,
  target: string,
  { staged }: ScanOptions,
  findKeys: FindKeys,
): Promise<ScanResult> {
  const repository = findRepository(target, terminal);
  if (repository === undefined) throw new CommandError(`${target} is not in a Git repository.`);
  const git = new IsolatedGit(repository, terminal.env);
  try {
    const { leaks, missing } = await (staged === true ? scanStaged : scanHistory)(git, findKeys);
    const objects = count(missing, "object is", "objects are");
    const remarks = missing > 0 ? [`${objects} not in this clone and could not be scanned.`] : [];
    return { leaks, remarks, totals: undefined };
  } finally {
    git.close();
  }
}

/** A path as the user would write it: relative to the working directory if the argument is. */
function displayPath(file: string, target: string, argument: string): string {
  const inside = relative(target, file);
  if (inside === "") return argument;
  return isAbsolute(argument) || argument !== "." ? join(argument, inside) : inside;
}

function writeReport(file: string, leaks: readonly Leak[]): void {
  try {
    writeFileSync(file, `${JSON.stringify(toSarif(leaks), null, 2)}\n`);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new UsageError(`The report cannot be written to ${file} (${code}).`, { cause });
  }
}

async function revokeAll(terminal: Terminal, leaks: readonly Leak[], options: YesOption): Promise<ApiKey[]> {
  return withKeyward(terminal, async ({ kw, actor }) => {
    const keys = new Map<string, ApiKey>();
    for (const { secret } of leaks) {
      const key = await kw.keys.identify(secret.reveal());
      if (key !== undefined && key.status !== "revoked") keys.set(key.id, key);
    }
    const revoked: ApiKey[] = [];
    for (const key of keys.values()) {
      await confirmOrThrow(terminal, `Revoke ${describeKey(key)}? This cannot be undone.`, options);
      revoked.push(await kw.keys.revoke(key.id, actor));
      terminal.note(`Revoked ${describeKey(key)}.`);
    }
    if (revoked.length === 0) terminal.note("None of these keys is active in this store.");
    return revoked;
  });
}

function describeLeak({ path, line, column, secret, commit }: Leak): Line {
  const place = [styled("bold", path), `:${line}:${column}  `, styled("red", secret.masked)];
  return commit === undefined ? place : [...place, `  commit ${commit.slice(0, 12)}`];
}

function summarize(found: number, totals: ScanTotals | undefined, seconds: number): string {
  const result = found === 0 ? "No keys found" : `${count(found, "key", "keys")} found`;
  if (totals === undefined) return `${result}.`;
  const { files, bytes } = totals;
  const size = `${(bytes / 1e6).toFixed(1)} MB`;
  return `${result} in ${count(files, "file", "files")} (${size}, ${seconds.toFixed(2)} s).`;
}

function count(number: number, one: string, several: string): string {
  return `${number} ${number === 1 ? one : several}`;
}
