import { warn } from "../warn.ts";

/** True if a script refused a subject whose stored form has a wrong length. */
export function isDamage(error: unknown): error is Error {
  return error instanceof Error && /^KEYWARD .* is damaged$/.test(error.message);
}

let hasWarned = false;

/** Warns once, and names the key. */
export function warnOfDamage({ message }: Error): void {
  if (hasWarned) return;
  hasWarned = true;
  warn(
    "KEYWARD_REDIS_DAMAGED",
    `${message.slice("KEYWARD ".length)}: it was changed by another program. Its requests are decided without Redis until it is deleted or expires.`,
  );
}
