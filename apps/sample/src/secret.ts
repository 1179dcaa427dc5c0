import { randomBytes } from "node:crypto";
import { linkSync, readFileSync, rmSync, writeFileSync } from "node:fs";

/**
 * The deployment's secret: from the environment, or else from a file beside the database, made at the
 * first start. Without the same secret no key works, so back the two up together.
 */
export function secretFor(store: string, given: string | undefined): string | undefined {
  if (given !== undefined || !store.startsWith("sqlite:")) return given;
  const file = `${store.slice("sqlite:".length)}.secret`;
  try {
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  // Written whole and then put in place, so that two first starts at once agree on one.
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `${randomBytes(32).toString("base64url")}\n`, { mode: 0o600, flush: true });
  try {
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    rmSync(draft);
  }
  return readFileSync(file, "utf8").trim();
}
