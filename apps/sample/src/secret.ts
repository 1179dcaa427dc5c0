import { randomBytes } from "node:crypto";
import { keptText } from "./kept-text.ts";

/**
 * The deployment's secret: from the environment, or else from a file beside the database, made at the
 * first start. Without the same secret no key works, so back the two up together.
 */
export async function secretFor(store: string, given: string | undefined): Promise<string | undefined> {
  if (given !== undefined || !store.startsWith("sqlite:")) return given;
  const file = `${store.slice("sqlite:".length)}.secret`;
  const { text } = await keptText(file, () => randomBytes(32).toString("base64url"));
  return text;
}
