import { userInfo } from "node:os";
import { KeywardError, type Actor, type ApiKey, type Keyward } from "@keyward/core";
import type { Terminal } from "./terminal.ts";

/** An act that was not done, for a reason that was said. */
export class Refused extends Error {}

/** Who acts, for the audit trail: whoever `KEYWARD_ACTOR` names, else the user of this machine. */
export function actorOf({ env }: Terminal): Actor {
  const named = env["KEYWARD_ACTOR"];
  if (named !== undefined && named !== "") return { actor: named };
  try {
    return { actor: `${userInfo().username}, command line` };
  } catch {
    // A container may run as a user without a name.
    return { actor: "command line" };
  }
}

/** Has a person agree to what cannot be undone. */
export async function agreeOn(
  terminal: Terminal,
  question: string,
  { yes }: { yes?: boolean },
): Promise<void> {
  if (yes === true) return;
  const answer = await terminal.confirm(question);
  if (answer === undefined)
    throw new Refused("There is nobody to ask: say --yes to do it without a question.");
  if (!answer) throw new Refused("Nothing was done.");
}

/** A key as a person knows it. */
export function describeKey({ name, masked }: ApiKey): string {
  return `"${name}" (${masked})`;
}

/** The key of that id, which has to be there. */
export async function existing(kw: Keyward, id: string): Promise<ApiKey> {
  const key = await kw.keys.get(id);
  if (key === undefined) throw new KeywardError("key-not-found", `There is no key with the id "${id}".`);
  return key;
}
