import { helpOf } from "./help.ts";

/** Codes of warnings. `node --disable-warning=<code>` silences one. */
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

/** Emits a process warning that names the page that explains it. */
export function warn(code: WarningCode, message: string): void {
  process.emitWarning(message, { code, detail: `Explained in ${helpOf(code)}` });
}
