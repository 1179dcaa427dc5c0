import { backoffMs, retryAfterMs } from "./backoff.ts";
import { ClientError } from "./errors.ts";
import { asksForRetry, mayRepeat } from "./retryable.ts";

export interface ClientOptions {
  /** Where the API is: an `https:` URL. Paths given to `fetch` are resolved against it. */
  readonly baseUrl: string | URL;
  /** The key. Sent in the header and nowhere else; never printed. */
  readonly apiKey: string;
  /** `x-api-key` if left out. */
  readonly header?: string;
  /** Attempts in all, 5 if left out. */
  readonly maxAttempts?: number;
  /** How long a call may go on waiting for another attempt, in milliseconds; 30,000 if left out. */
  readonly deadlineMs?: number;
  /** The `fetch` to use, if not the global one. */
  readonly fetch?: typeof fetch;
}

export interface Client {
  /**
   * `fetch` with the key, which waits and tries again where the server says so. Gives the last answer
   * when attempts or time run out. Rejects with a `ClientError` instead of sending the key in clear or
   * to another host.
   */
  fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>;
}

const BACKOFF = { firstMs: 200, longestMs: 10_000 };

/**
 * A `fetch` for an API that asks for a key and has limits.
 *
 * @throws ClientError `not-https` or `invalid-option`
 *
 * @example
 * ```ts
 * const api = createClient({ baseUrl: "https://api.example.com", apiKey: process.env.API_KEY ?? "" });
 * const response = await api.fetch("/v1/hello");
 * ```
 */
export function createClient(options: ClientOptions): Client {
  const base = new URL(options.baseUrl);
  if (base.protocol !== "https:") {
    throw new ClientError(
      "not-https",
      `baseUrl: got ${base.protocol}//${base.host}, wants https: the key must not travel in clear.`,
    );
  }
  const { apiKey, header = "x-api-key", maxAttempts = 5, deadlineMs = 30_000 } = options;
  if (typeof apiKey !== "string" || !/^[\x21-\x7e]+$/.test(apiKey)) {
    throw new ClientError(
      "invalid-option",
      "apiKey: wants the key as it was copied, without spaces or line breaks.",
    );
  }
  const send = options.fetch ?? fetch;

  function requestFor(input: string | URL | Request, init: RequestInit | undefined): Request {
    const request =
      input instanceof Request ? new Request(input, init) : new Request(new URL(input, base), init);
    const { origin } = new URL(request.url);
    if (origin !== base.origin) {
      throw new ClientError("other-origin", `The key is for ${base.origin} and is not sent to ${origin}.`);
    }
    const headers = new Headers(request.headers);
    headers.set(header, apiKey);
    return new Request(request, { headers, redirect: "manual" });
  }

  async function attempt(request: Request): Promise<Response> {
    const response = await send(request);
    // Browsers hide where a redirect leads; elsewhere its status is seen.
    if (
      response.type === "opaqueredirect" ||
      (response.status >= 300 && response.status < 400 && response.status !== 304)
    ) {
      throw new ClientError(
        "redirected",
        `${request.url} answered with a redirect, and the key does not follow it.`,
      );
    }
    return response;
  }

  return {
    async fetch(input, init) {
      const request = requestFor(input, init);
      const attempts = mayRepeat(request, init?.body ?? (input instanceof Request ? input.body : null))
        ? maxAttempts
        : 1;
      const giveUpAt = Date.now() + deadlineMs;
      for (let tried = 1; ; tried += 1) {
        const last = tried >= attempts;
        let askedMs = 0;
        let response: Response | undefined;
        try {
          response = await attempt(last ? request : request.clone());
          if (last || !asksForRetry(response.status)) return response;
          askedMs = retryAfterMs(response.headers.get("retry-after"), Date.now());
        } catch (error) {
          if (last || error instanceof ClientError || request.signal.aborted) throw error;
          if (Date.now() >= giveUpAt) throw error;
        }
        const waitMs = backoffMs(tried, askedMs, BACKOFF, Math.random);
        if (Date.now() + waitMs > giveUpAt && response !== undefined) return response;
        await response?.body?.cancel();
        await sleep(waitMs, request.signal);
      }
    },
  };
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
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
