import { backoffMs } from "./backoff.ts";
import { startDeadline, type Deadline } from "./deadline.ts";
import { discard } from "./discard.ts";
import { ClientError } from "./errors.ts";
import { readLimits, type LimitState } from "./limit-fields.ts";
import { resolveOptions, type ClientOptions } from "./options.ts";
import { toOutgoingRequest, type OutgoingRequest } from "./outgoing-request.ts";
import type { Pacer } from "./pacer.ts";
import { readKeyState, type KeyState } from "./key-state.ts";
import { createQuotaMemory, exhaustedQuota } from "./quota.ts";
import { isKeyRejected } from "./rejected-key.ts";
import { readRetryAfterMs } from "./retry-after.ts";
import { isIdempotent, isRetryable } from "./retryable.ts";
import { send } from "./send.ts";
import { sharedPacer } from "./shared-pacer.ts";

const BACKOFF = { firstMs: 200, maxMs: 10_000 };

/** A response whose JSON has a known type. */
export interface TypedResponse<T> extends Response {
  json(): Promise<T>;
}

/** An API client: `fetch` with the key, retries and pacing. */
export interface Client {
  /**
   * `fetch` that sends the key, and retries when the server asks for it. Returns the last response when attempts or time run
   * out. A path is appended to the base URL.
   *
   * Rejects with a `ClientError` if the key would leave the API, with a `QuotaExhaustedError` if a quota is used up for
   * longer than the call's deadline, and otherwise like `fetch`.
   */
  fetch<T = unknown>(input: string | URL | Request, init?: RequestInit): Promise<TypedResponse<T>>;
  /**
   * The state of the key, from `GET <base>/me`: its limits, what they leave, and its usage. Works where a quota is used up.
   *
   * Rejects with a `ClientError` `unexpected-response` if the API responds with another status than 200, or with something else.
   */
  me(init?: Pick<RequestInit, "signal">): Promise<KeyState>;
  /** The limits that the server last reported. */
  readonly limits: readonly LimitState[];
}

/**
 * Creates a client for an API that requires a key and has limits.
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
  const settings = resolveOptions(options);
  const quotas = createQuotaMemory();
  let pacer: Pacer | undefined;
  let limits: readonly LimitState[] = [];

  async function call(
    input: string | URL | Request,
    init: RequestInit | undefined,
    isQuotaChecked: boolean,
  ): Promise<Response> {
    const request = await toOutgoingRequest(input, init, settings.base);
    const deadline = startDeadline(settings.deadlineMs, request.init.signal);
    try {
      return await sendWithRetries(request, deadline, isQuotaChecked);
    } finally {
      deadline.clear();
    }
  }

  async function sendWithRetries(
    request: OutgoingRequest,
    deadline: Deadline,
    isQuotaChecked: boolean,
  ): Promise<Response> {
    const attempts = settings.retryUnsafe || isIdempotent(request) ? settings.maxAttempts : 1;
    for (let attempt = 1; ; attempt += 1) {
      deadline.throwIfOver();
      if (isQuotaChecked) quotas.check(deadline.at, Date.now());
      const { response, error, waitMs } = await sendOnce(request, deadline);
      const isLast = attempt >= attempts;
      if (response !== undefined && (isLast || !isRetryable(response))) return response;
      if (isLast) throw error;
      if (!request.isReplayable) throw notReplayable(response, error);
      const retryAt = Date.now() + backoffMs(attempt, waitMs, BACKOFF, Math.random);
      if (retryAt > deadline.at) {
        if (response !== undefined) return response;
        throw error;
      }
      if (response !== undefined) await discard(response);
      await deadline.sleepUntil(retryAt);
    }
  }

  /** Sends a request once. Returns the response and the time that it asks to wait, or an error that may be temporary. */
  async function sendOnce(request: OutgoingRequest, deadline: Deadline): Promise<SendResult> {
    const key = await deadline.race(settings.key());
    if (settings.pace) {
      pacer ??= sharedPacer(request.url.origin, key);
      await deadline.sleepUntil(pacer.reserve(Date.now()));
    }
    try {
      const response = await sendWithKey(request, key, deadline);
      return { response, waitMs: await learn(response, deadline.at) };
    } catch (error) {
      deadline.throwIfOver();
      if (error instanceof ClientError) throw error;
      return { error, waitMs: 0 };
    }
  }

  /** Sends the request with the key, and once more with another key if the API rejects this one. */
  async function sendWithKey(
    request: OutgoingRequest,
    key: string,
    deadline: Deadline,
    isLast = false,
  ): Promise<Response> {
    const { header, fetch, reportKeyEnding, key: source } = settings;
    request.headers.set(header, key);
    const response = await send(request, deadline.signal, fetch);
    reportKeyEnding(key, response.headers);
    if (isLast || !request.isReplayable || !(await isKeyRejected(response))) return response;
    const replacement = await deadline.race(source(key));
    if (replacement === key) return response;
    await discard(response);
    return sendWithKey(request, replacement, deadline, true);
  }

  /** Records the limits in a response. Returns the time that it asks to wait. */
  async function learn(response: Response, deadlineAt: number): Promise<number> {
    const { headers, status } = response;
    const now = Date.now();
    const reported = readLimits(headers, now);
    if (reported.length > 0) limits = reported;
    const isRefused = isRetryable(response);
    const askedMs = isRefused ? readRetryAfterMs(headers, now) : 0;
    const waitMs = askedMs ?? (status === 429 ? resetMsOf(reported, now) : 0);
    pacer?.learn(reported, isRefused, waitMs, now);
    const isTooLong = status === 429 && now + waitMs > deadlineAt;
    const exhausted = isTooLong ? exhaustedQuota(reported, waitMs, now) : undefined;
    quotas.remember(exhausted, now);
    if (exhausted === undefined) return waitMs;
    await discard(response);
    throw exhausted;
  }

  return {
    fetch: (input, init) => call(input, init, true),
    async me(init) {
      // Its requests count in no quota.
      return readKeyState(await call("me", init, false));
    },
    get limits() {
      return limits;
    },
  };
}

interface SendResult {
  readonly response?: Response;
  readonly error?: unknown;
  readonly waitMs: number;
}

/** Returns the time until all exhausted limits reset, for servers that send no `Retry-After`. */
function resetMsOf(limits: readonly LimitState[], now: number): number {
  const times = limits.map(({ remaining, resetAt }) =>
    remaining === 0 ? (resetAt?.getTime() ?? now) - now : 0,
  );
  return Math.max(0, ...times);
}

function notReplayable(response: Response | undefined, cause: unknown): ClientError {
  const result = response === undefined ? "failed" : `got ${response.status}`;
  return new ClientError(
    "body-not-replayable",
    `The request ${result} and would be retried, but its body is a stream. Pass text, a Blob or bytes instead.`,
    { cause },
  );
}
