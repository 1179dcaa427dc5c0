import { ClientError } from "./errors.ts";

/** The end of a call's time, and the caller's own signal. */
export interface Deadline {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Aborts at the deadline, or with the caller's signal. */
  readonly signal: AbortSignal;
  /** Rejects as soon as the signal aborts. */
  sleepUntil(time: number): Promise<void>;
  /** Throws what the call ends with if it was aborted, rather than what that made of it. */
  check(error: unknown): void;
  /** The call is answered: its body may take longer. */
  clear(): void;
}

export function withDeadline(deadlineMs: number, callers: AbortSignal): Deadline {
  const own = new AbortController();
  const at = Date.now() + deadlineMs;
  const timer = setTimeout(
    () => own.abort(new ClientError("deadline-exceeded", `No answer within ${deadlineMs} ms.`)),
    // What timers can count to.
    Math.min(deadlineMs, 2 ** 31 - 1),
  );
  const signal = AbortSignal.any([own.signal, callers]);
  return {
    at,
    signal,
    sleepUntil: (time) => sleep(time - Date.now(), signal),
    check(error) {
      if (signal.aborted) throw signal.reason ?? error;
    },
    clear: () => clearTimeout(timer),
  };
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0 && !signal.aborted) return Promise.resolve();
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason as Error);
      return;
    }
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", aborted, { once: true });
    function done(): void {
      signal.removeEventListener("abort", aborted);
      resolve();
    }
    function aborted(): void {
      clearTimeout(timer);
      reject(signal.reason as Error);
    }
  });
}
