import { helpOf } from "./help.ts";

/** What is warned of. `node --disable-warning=<code>` silences one. */
type WarningCode =
  | "KEYWARD_MEMORY_LIMITER"
  | "KEYWARD_REDIS_CHANNEL"
  | "KEYWARD_PLAIN_HTTP"
  | "KEYWARD_PLAINTEXT_KEYS"
  | "KEYWARD_REDIS_DAMAGED"
  | "KEYWARD_REDIS_EVICTION"
  | "KEYWARD_LEAK_RECEIVER"
  | "KEYWARD_LISTENER"
  | "KEYWARD_SETTLE"
  | "KEYWARD_SHUTDOWN_HOOKS"
  | "KEYWARD_UNTRUSTED_PROXY"
  | "KEYWARD_WEBHOOK";

/** Warns whoever runs the process, and names the file that explains the warning. */
export function warn(code: WarningCode, message: string): void {
  process.emitWarning(message, { code, detail: `Explained in ${helpOf(code)}` });
}
