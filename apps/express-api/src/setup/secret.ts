import { randomBytes } from "node:crypto";
import type { Environment } from "./environment.ts";
import { keptText } from "./kept-text.ts";

/**
 * Returns the deployment's secrets, the newest first: those of the environment, or one from a file next to the SQLite database, which is created at the first start. No key works without its secret, so back up both.
 */
export async function secretsFor({
  store,
  secrets,
}: Pick<Environment, "store" | "secrets">): Promise<readonly string[] | undefined> {
  if (secrets !== undefined || !store.startsWith("sqlite:")) return secrets;
  const file = `${store.slice("sqlite:".length)}.secret`;
  const { text } = await keptText(file, () => randomBytes(32).toString("base64url"));
  return [text];
}
