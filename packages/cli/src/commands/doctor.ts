import { readFileSync } from "node:fs";
import { InvalidArgumentError, type Command } from "commander";
import type { Finding, Verdict } from "../doctor/finding.ts";
import { checkProxies } from "../doctor/proxies.ts";
import { checkSecret } from "../doctor/secret.ts";
import { checkStore } from "../doctor/store.ts";
import { readSettings } from "../settings.ts";
import type { Terminal } from "../terminal.ts";

interface DoctorFlags {
  readonly url?: URL;
  readonly plainUrl?: URL;
  readonly ca?: string;
  readonly probeAddress?: boolean;
  readonly json?: boolean;
}

const SIGNS: Readonly<Record<Verdict, readonly [string, "green" | "yellow" | "red"]>> = {
  ok: ["ok", "green"],
  warning: ["warning", "yellow"],
  problem: ["problem", "red"],
};

/** @param found is told if something is wrong */
export function addDoctor(program: Command, terminal: Terminal, found: () => void): void {
  program
    .command("doctor")
    .description("say what is wrong with a deployment before it hurts; changes nothing")
    .option("--url <url>", "a route of the API that asks for a key, as customers call it", parseUrl)
    .option(
      "--plain-url <url>",
      "where plain HTTP might be answered; port 80 of the same host if left out",
      parseUrl,
    )
    .option("--ca <file>", "a certificate to trust there")
    .option("--probe-address", "fail there two dozen times, to see whether made-up addresses are believed")
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      "\nIt also looks at the Redis that REDIS_URL names.\n\nExamples:\n  keyward doctor\n  REDIS_URL=redis://cache.internal keyward doctor --url https://api.example.com/v1/hello",
    )
    .action((flags: DoctorFlags) => doctor(terminal, flags, found));
}

async function doctor(terminal: Terminal, flags: DoctorFlags, found: () => void): Promise<void> {
  const settings = readSettings(terminal);
  const redis = terminal.env["REDIS_URL"];
  const findings = [
    ...checkSecret(settings),
    ...(await checkStore(settings, terminal.cwd)),
    ...(redis === undefined || redis === "" ? [] : await lookAtRedis(redis)),
    ...(flags.url === undefined
      ? []
      : await checkProxies({
          url: flags.url,
          ...(flags.plainUrl !== undefined && { plainUrl: flags.plainUrl }),
          ...(flags.ca !== undefined && { ca: readFileSync(flags.ca, "utf8") }),
          probeAddress: flags.probeAddress === true,
        })),
  ];
  if (findings.some(({ verdict }) => verdict === "problem")) found();
  if (flags.json === true) return terminal.out(JSON.stringify({ findings }, null, 2));
  for (const finding of findings) terminal.out(describe(terminal, finding));
}

/** Its client is loaded only for this: every command would start later for it. */
async function lookAtRedis(url: string): Promise<Finding[]> {
  const { checkRedis } = await import("../doctor/redis.ts");
  return checkRedis(url);
}

function describe({ paint }: Terminal, { of, verdict, what, advice }: Finding): string {
  const [sign, colour] = SIGNS[verdict];
  const line = `${paint(colour, sign.padEnd(8))} ${of}: ${what}`;
  return advice === undefined ? line : `${line}\n         ${paint("dim", `→ ${advice}`)}`;
}

function parseUrl(text: string): URL {
  if (!URL.canParse(text))
    throw new InvalidArgumentError("Wants a URL such as https://api.example.com/v1/hello.");
  return new URL(text);
}
