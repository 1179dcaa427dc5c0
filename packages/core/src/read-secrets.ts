import { readFileSync } from "node:fs";
import { KeywardError } from "./errors.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the deployment's secrets from environment variables, for the option `secret`: `KEYWARD_SECRET`, or the content of
 * the file that `KEYWARD_SECRET_FILE` names, as container platforms mount secrets. While the secret is being changed, the
 * older one comes from `KEYWARD_PREVIOUS_SECRET` or `KEYWARD_PREVIOUS_SECRET_FILE` and is second in the list. Empty
 * variables count as not set. One line break at the end of a file is not part of the secret.
 *
 * @returns the newest secret first; `undefined` if none is set
 * @throws KeywardError `invalid-option` if a variable and its `_FILE` are both set, a file cannot be read or is empty, or
 *   only the previous secret is set
 *
 * @example
 * ```ts
 * const kw = createKeyward({ secret: readSecrets(process.env), store });
 * ```
 */
export function readSecrets(env: Environment): [string, ...string[]] | undefined {
  const secret = readSecret(env, "KEYWARD_SECRET");
  const previous = readSecret(env, "KEYWARD_PREVIOUS_SECRET");
  if (secret !== undefined) return previous === undefined ? [secret] : [secret, previous];
  if (previous === undefined) return undefined;
  throw new KeywardError(
    "invalid-option",
    "KEYWARD_PREVIOUS_SECRET is set and KEYWARD_SECRET is not. The previous secret is only used with the current one.",
  );
}

function readSecret(env: Environment, name: string): string | undefined {
  const [secret, file] = [env[name] ?? "", env[`${name}_FILE`] ?? ""];
  if (file === "") return secret === "" ? undefined : secret;
  if (secret !== "")
    throw new KeywardError("invalid-option", `Only one of ${name} and ${name}_FILE may be set.`);
  return readSecretFile(file, `${name}_FILE`);
}

function readSecretFile(file: string, variable: string): string {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new KeywardError("invalid-option", `${variable}: ${file} cannot be read (${code}).`, { cause });
  }
  const secret = text.replace(/\r?\n$/, "");
  if (secret === "") throw new KeywardError("invalid-option", `${variable}: ${file} is empty.`);
  return secret;
}
