import { randomBytes } from "node:crypto";
import { hashPassword, type PasswordSignInOptions } from "@keyward/console";
import type { Environment } from "./environment.ts";
import { keptText } from "./kept-text.ts";

/**
 * The console password: `ADMIN_PASSWORD`, or a random password that the first start prints once. Only its hash is stored, in a file next to the
 * database. Without a database each start creates a new password.
 */
export async function adminPassword({
  adminPassword: password,
  store,
}: Environment): Promise<Pick<PasswordSignInOptions, "password" | "passwordHash">> {
  if (password !== undefined) return { password };
  const made = randomBytes(12).toString("base64url");
  if (!store.startsWith("sqlite:")) {
    tell(made);
    return { password: made };
  }
  const file = `${store.slice("sqlite:".length)}.admin`;
  const { text, isNew } = await keptText(file, () => hashPassword(made));
  if (isNew) tell(made);
  return { passwordHash: text };
}

function tell(password: string): void {
  console.log(`console password, shown this once: ${password}`);
}
