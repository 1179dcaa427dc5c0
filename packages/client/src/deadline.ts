import { ClientError } from "./errors.ts";

/** The longest time that a timer can count. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** The time that a call has, and the caller's own signal. */
export interface Deadline {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Aborts at the deadline, or with the caller's signal. */
  readonly signal: AbortSignal;
  /** Rejects as soon as the signal aborts. */
  sleepUntil(time: number): Promise<void>;
  /** Waits for a promise, or rejects as soon as the signal aborts. */
  race<T>(promise: Promise<T>): Promise<T>;
  /** Throws the reason if the signal has aborted. Errors that follow from that are not the cause. */
  throwIfOver(): void;
  /** Stops the timer. The body of the response may take longer. */
  clear(): void;
}

export function startDeadline(deadlineMs: number, callerSignal: AbortSignal | null | undefined): Deadline {
  const own = new AbortController();
  const at = Date.now() + deadlineMs;
  const timer = setTimeout(
    () => own.abort(new ClientError("deadline-exceeded", `No response within ${deadlineMs} ms.`)),
    Math.min(deadlineMs, MAX_TIMER_MS),
  );
  const signal = callerSignal ? AbortSignal.any([own.signal, callerSignal]) : own.signal;
  return {
    at,
    signal,
    sleepUntil: async (time) => sleep(time - Date.now(), signal),
    race: (promise) => race(promise, signal),
    throwIfOver: () => signal.throwIfAborted(),
    clear: () => clearTimeout(timer),
  };
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  if (ms <= 0) return Promise.resolve();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const elapsed = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)));
  return race(elapsed, signal).finally(() => clearTimeout(timer));
}

function race<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason as Error);
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
