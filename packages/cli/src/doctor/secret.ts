import { statSync } from "node:fs";
import type { DeploymentSettings } from "../deployment/settings.ts";
import { ok, problem, warning, type Finding } from "./finding.ts";

const MIN_BYTES = 32;
/** 32 random bytes have about 22 different characters as base64, and 14 as hexadecimal digits. */
const MIN_DISTINCT_CHARACTERS = 10;

/** Checks that there is a secret, that it is long enough, and that it looks random. */
export function checkSecret({ secrets, secretSource }: DeploymentSettings): Finding[] {
  if (secretSource === undefined)
    return [problem("secret", "KEYWARD_SECRET is not set", "create a secret with: keyward init")];
  const findings: Finding[] = [];
  if (secrets.some((secret) => Buffer.byteLength(secret) < MIN_BYTES)) {
    findings.push(
      problem("secret", `a secret has fewer than ${MIN_BYTES} bytes`, "create a new one with: keyward init"),
    );
  }
  if (secrets.some((secret) => new Set(secret).size < MIN_DISTINCT_CHARACTERS)) {
    findings.push(
      warning(
        "secret",
        `a secret has fewer than ${MIN_DISTINCT_CHARACTERS} different characters, so it is probably not random`,
        "create a new one with: keyward init",
      ),
    );
  }
  if (secrets.length > 1) {
    findings.push(
      warning(
        "secret",
        `${secrets.length} secrets are set: a change of the secret is under way`,
        "rotate the keys that were issued under the previous secret, then remove it",
      ),
    );
  }
  if (secretSource.file !== undefined) findings.push(...checkFileMode("secret", secretSource.file));
  if (findings.length > 0) return findings;
  const secret = secrets.length === 1 ? "1 secret" : `${secrets.length} secrets`;
  return [ok("secret", `${secret} from ${secretSource.name}`)];
}

/** Checks that only its owner may read a file. */
export function checkFileMode(check: string, file: string): Finding[] {
  if (process.platform === "win32") return [];
  const mode = statSync(file).mode & 0o777;
  if ((mode & 0o077) === 0) return [];
  return [
    warning(check, `other users can read ${file} (mode ${mode.toString(8)})`, `run: chmod 600 ${file}`),
  ];
}
