import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Command } from "commander";
import { parseUrl } from "../arguments.ts";
import { UsageError } from "../command-error.ts";
import { readSettings } from "../deployment/settings.ts";
import type { Finding, FindingLevel } from "../doctor/finding.ts";
import { checkProxies } from "../doctor/proxies.ts";
import { checkSecret } from "../doctor/secret.ts";
import { checkStore } from "../doctor/store.ts";
import { styled, type Line, type Style } from "../terminal/line.ts";
import type { Terminal } from "../terminal/terminal.ts";

interface DoctorOptions {
  readonly url?: URL;
  readonly plainUrl?: URL;
  readonly ca?: string;
  readonly probeAddress?: boolean;
  readonly json?: boolean;
}

const COLORS: Readonly<Record<FindingLevel, Style>> = { ok: "green", warning: "yellow", problem: "red" };

/** @param onProblem is called if a check finds a problem */
export function addDoctor(program: Command, terminal: Terminal, onProblem: () => void): void {
  program
    .command("doctor")
    .description("check a deployment for problems (read-only)")
    .option("--url <url>", "a route of the API that requires a key, as customers call it", parseUrl)
    .option(
      "--plain-url <url>",
      "the URL to try over plain HTTP; default: port 80 of the same host",
      parseUrl,
    )
    .option("--ca <file>", "a certificate authority to trust for --url")
    .option(
      "--probe-address",
      "check with about 25 failed attempts whether forged client addresses are trusted",
    )
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Also checks the Redis that REDIS_URL names.

Exit status: 0 no problems, 1 problems found, 2 usage error.

Examples:
  keyward doctor
  REDIS_URL=redis://cache.internal keyward doctor --url https://api.example.com/v1/hello`,
    )
    .action((options: DoctorOptions) => doctor(terminal, options, onProblem));
}

async function doctor(terminal: Terminal, options: DoctorOptions, onProblem: () => void): Promise<void> {
  const settings = readSettings(terminal);
  const findings = [
    ...checkSecret(settings),
    ...(await checkStore(settings, {
      cwd: terminal.cwd,
      areForgedChecked: options.url !== undefined && options.probeAddress === true,
    })),
    ...(settings.redisUrl === undefined ? [] : await checkRedis(settings.redisUrl)),
    ...(await checkUrls(terminal, options)),
  ];
  if (findings.some(({ verdict }) => verdict === "problem")) onProblem();
  if (options.json === true) return terminal.printJson({ findings });
  terminal.print(...findings.flatMap(toLines));
}

async function checkUrls(terminal: Terminal, options: DoctorOptions): Promise<Finding[]> {
  const { url, plainUrl, ca, probeAddress } = options;
  if (url === undefined) return [];
  return checkProxies({
    url,
    ...(plainUrl !== undefined && { plainUrl }),
    ...(ca !== undefined && { ca: readCertificate(resolve(terminal.cwd, ca)) }),
    probeAddress: probeAddress === true,
  });
}

/** Loads the Redis client only where it is needed, because loading it takes time. */
async function checkRedis(url: string): Promise<Finding[]> {
  const redis = await import("../doctor/redis.ts");
  return redis.checkRedis(url);
}

function readCertificate(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new UsageError(`--ca: ${file} cannot be read (${code}).`, { cause });
  }
}

function toLines({ check, verdict, message, advice }: Finding): Line[] {
  const result = [styled(COLORS[verdict], verdict.padEnd(8)), ` ${check}: ${message}`];
  return advice === undefined ? [result] : [result, ["         ", styled("dim", `→ ${advice}`)]];
}
