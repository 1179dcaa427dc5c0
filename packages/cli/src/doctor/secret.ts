import { statSync } from "node:fs";
import type { Settings } from "../settings.ts";
import { ok, problem, warning, type Finding } from "./finding.ts";

const LEAST_BYTES = 32;
/** 32 random bytes have some 22 different characters as base64, and 14 as hexadecimal digits. */
const FEW_CHARACTERS = 10;

/** Is there a secret, is it long enough, and does it look random? */
export function checkSecret({ secrets, secretFrom }: Settings): Finding[] {
  const [newest] = secrets;
  if (newest === undefined || secretFrom === undefined) {
    return [problem("secret", "KEYWARD_SECRET is not set", "make one with: keyward init")];
  }
  const findings: Finding[] = [];
  const short = secrets.filter((secret) => Buffer.byteLength(secret) < LEAST_BYTES);
  if (short.length > 0) {
    findings.push(
      problem("secret", `one has fewer than ${LEAST_BYTES} bytes`, "make a new one with: keyward init"),
    );
  }
  if (secrets.some((secret) => new Set(secret).size < FEW_CHARACTERS)) {
    findings.push(
      warning(
        "secret",
        "one has so few different characters that it can hardly be random",
        "use: keyward init",
      ),
    );
  }
  if (secrets.length > 1) {
    findings.push(
      warning(
        "secret",
        `${secrets.length} are listed: a change is under way`,
        "rotate the keys of the older ones, then take those off the list",
      ),
    );
  }
  if (secretFrom !== "KEYWARD_SECRET") findings.push(...checkFile("secret", secretFrom));
  if (findings.length > 0) return findings;
  return [ok("secret", `${secrets.length === 1 ? "one" : secrets.length} from ${secretFrom}`)];
}

/** May others read a file that they should not? */
export function checkFile(of: string, file: string): Finding[] {
  if (process.platform === "win32") return [];
  const mode = statSync(file).mode & 0o777;
  if ((mode & 0o077) === 0) return [];
  return [warning(of, `${file} can be read by others (mode ${mode.toString(8)})`, `chmod 600 ${file}`)];
}
