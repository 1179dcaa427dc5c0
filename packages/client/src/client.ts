import { backoffMs } from "./backoff.ts";
import { ClientError, DailyQuotaExhausted } from "./errors.ts";
import { readLimits, retryAfterMs, type LimitState } from "./limit-fields.ts";
import { resolveOptions, type ClientOptions } from "./options.ts";
import { LONG_WINDOW_MS, sharedPacer } from "./pacer.ts";
import { asksForRetry, mayRepeat } from "./retryable.ts";
import { sendSafely, withKey } from "./safe-request.ts";
import { withDeadline } from "./deadline.ts";

export type { ClientOptions } from "./options.ts";

/** A response whose JSON is known to be of a type. */
export interface TypedResponse<T> extends Response {
  json(): Promise<T>;
}

/** An API client: `fetch` with the key, backoff and pacing, and what the server last said of its limits. */
export interface Client {
  /**
   * `fetch` with the key, which waits and tries again where the server says so. Gives the last answer when attempts or
   * time run out.
   *
   * Rejects with a `ClientError` instead of sending the key in clear or to another host, with `DailyQuotaExhausted` when the
   * day is spent, and else as `fetch` does.
   */
  // oxlint-disable-next-line typescript/no-explicit-any -- As `fetch`'s own `json()`, unless a type is named.
  fetch<T = any>(input: string | URL | Request, init?: RequestInit): Promise<TypedResponse<T>>;
  /** What the server last said of its limits. */
  readonly limits: readonly LimitState[];
}

const BACKOFF = { firstMs: 200, longestMs: 10_000 };
/** After so long a spent day is asked for again: its limit may have been raised. */
const ASK_AGAIN_MS = 60_000;

/**
 * A `fetch` for an API that asks for a key and has limits.
 *
 * @throws ClientError `not-https` or `invalid-option`
 *
 * @example
 * ```ts
 * const api = createClient({ baseUrl: "https://api.example.com", apiKey: process.env.API_KEY });
 * const response = await api.fetch<{ hello: string }>("/v1/hello");
 * ```
 */
export function createClient(options: ClientOptions): Client {
  const { base, apiKey, header, maxAttempts, deadlineMs, retryUnsafe, pace, send } = resolveOptions(options);
  const pacer = pace ? sharedPacer(base.origin, apiKey) : undefined;
  let limits: readonly LimitState[] = [];
  let spent: { readonly resetAt: Date; readonly askAgainAt: number } | undefined;

  /** Takes note of what an answer says of limits. Gives how long it asks to wait. */
  function learn({ headers, status }: Response): number {
    const now = Date.now();
    const said = readLimits(headers, now);
    if (said.length > 0) limits = said;
    const refused = asksForRetry(status);
    const askedMs = (refused ? retryAfterMs(headers.get("retry-after"), now) : undefined) ?? 0;
    pacer?.learn(said, refused, askedMs, now);
    const day = status === 429 ? said.find((limit) => isSpent(limit, askedMs, now)) : undefined;
    spent = day && { resetAt: day.resetAt, askAgainAt: now + ASK_AGAIN_MS };
    return askedMs;
  }

  async function call(input: string | URL | Request, init: RequestInit | undefined): Promise<Response> {
    const asked =
      input instanceof Request ? new Request(input, init) : new Request(new URL(input, base), init);
    const request = withKey(asked, base, header, apiKey);
    const attempts = retryUnsafe || mayRepeat(request) ? maxAttempts : 1;
    const isStream = (init?.body ?? null) instanceof ReadableStream;
    const deadline = withDeadline(deadlineMs, request.signal);
    try {
      for (let tried = 1; ; tried += 1) {
        deadline.signal.throwIfAborted();
        refuseSpentDay();
        if (pacer !== undefined) await deadline.sleepUntil(pacer.place(Date.now()));
        const last = tried >= attempts;
        let askedMs = 0;
        let response: Response | undefined;
        let failure: unknown;
        try {
          const attempt = new Request(last || isStream ? request : request.clone(), {
            signal: deadline.signal,
          });
          response = await sendSafely(attempt, base, send);
          askedMs = learn(response);
          refuseSpentDay(response);
          if (last || !asksForRetry(response.status)) return response;
        } catch (error) {
          deadline.check(error);
          if (last || error instanceof ClientError) throw error;
          failure = error;
        }
        if (isStream) throw notReplayable(response?.status, failure);
        const waitMs = backoffMs(tried, askedMs, BACKOFF, Math.random);
        if (Date.now() + waitMs > deadline.at) {
          if (response !== undefined) return response;
          throw failure;
        }
        await response?.body?.cancel();
        await deadline.sleepUntil(Date.now() + waitMs);
      }
    } finally {
      deadline.clear();
    }
  }

  function refuseSpentDay(response?: Response): void {
    if (spent === undefined || Date.now() >= Math.min(spent.askAgainAt, spent.resetAt.getTime())) return;
    void response?.body?.cancel();
    throw new DailyQuotaExhausted(spent.resetAt);
  }

  return {
    fetch: call,
    get limits() {
      return limits;
    },
  };
}

/** Whether it is this limit, of a day or as good as one, that makes one wait. */
function isSpent({ windowMs, remaining, resetAt }: LimitState, askedMs: number, now: number): boolean {
  return (
    windowMs >= LONG_WINDOW_MS && (remaining === 0 || (askedMs > 0 && askedMs >= resetAt.getTime() - now))
  );
}

function notReplayable(status: number | undefined, cause: unknown): ClientError {
  const happened = status === undefined ? "failed" : `was answered ${status}`;
  return new ClientError(
    "body-not-replayable",
    `The request ${happened} and its body, a stream, cannot be sent again. Send text, a Blob or bytes, or handle it yourself.`,
    { cause },
  );
}
