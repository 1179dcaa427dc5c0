import { statSync } from "node:fs";
import { matchesStoredSecret, secretWeakness } from "@keyward/core";
import type { DeploymentSettings } from "../deployment/settings.ts";
import { ok, problem, warning, type Finding } from "./finding.ts";

const CREATE_ONE = "create a new one with: keyward init";

/** Checks that there is a secret, and that it is not weak. */
export function checkSecret({ secrets, secretSource }: DeploymentSettings): Finding[] {
  if (secretSource === undefined)
    return [problem("secret", "KEYWARD_SECRET is not set", "create a secret with: keyward init")];
  const findings: Finding[] = [];
  for (const secret of secrets) {
    const weakness = secretWeakness(secret);
    if (weakness !== undefined) findings.push(problem("secret", `a secret must ${weakness}`, CREATE_ONE));
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

/** Checks that the keys of a store were made under the secret. */
export function checkSecretMatches(
  { secrets }: DeploymentSettings,
  secretChecks: readonly string[],
): Finding[] {
  const [newest, ...older] = secrets;
  if (newest === undefined || matchesStoredSecret([newest, ...older], secretChecks)) return [];
  const message = "the secret is not the one that the store's keys were made under: no key works";
  return [
    problem(
      "secret",
      message,
      "set KEYWARD_SECRET to that secret, or KEYWARD_STORE to the store of this secret",
    ),
  ];
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
