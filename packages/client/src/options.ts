import { createKeySource, type KeySource } from "./api-key.ts";
import { ClientError } from "./errors.ts";
import { createKeyEndingReport, type KeyEnding } from "./key-ending.ts";

/** The options of {@link createClient}. Only `baseUrl` is required. */
export interface ClientOptions {
  /**
   * The URL of the API: `https:`, or `http:` on this machine (`localhost`, `127.0.0.1`, `[::1]`). Paths passed to `fetch`
   * are appended to it.
   */
  readonly baseUrl: string | URL;
  /**
   * The key, or a function that returns the current one. The function is called at the first request, and again when the
   * API rejects the key as revoked or expired. Default: `KEYWARD_API_KEY` of the environment. The key is sent in the
   * header and never printed.
   */
  readonly apiKey?: string | (() => string | Promise<string>) | undefined;
  /** The header that contains the key. Default: `x-api-key`. */
  readonly header?: string | undefined;
  /** Attempts per call, including the first. Default: 5. */
  readonly maxAttempts?: number | undefined;
  /** Time until a call has a response, including waits and retries, in milliseconds. Default: 30,000. */
  readonly deadlineMs?: number | undefined;
  /** Retry `POST` and `PATCH` without an `Idempotency-Key` as well. Default: `false`. */
  readonly retryUnsafe?: boolean | undefined;
  /**
   * Send requests evenly, at the rate that the server publishes, so that none is refused. All clients of this process with
   * the same key share the pace. Default: `false`.
   */
  readonly pace?: boolean | undefined;
  /**
   * Called when a response says that the key was rotated or expires within 30 days: once for each key, and again if the time changes.
   * Calls do not wait for it. An error in it does not fail them: handle it there.
   */
  readonly onKeyEnding?: ((ending: KeyEnding) => unknown) | undefined;
  /** The `fetch` to use. Default: the global one. */
  readonly fetch?: typeof fetch | undefined;
}

/** Options with defaults, checked. */
export interface ClientSettings {
  readonly base: URL;
  readonly key: KeySource;
  readonly header: string;
  readonly maxAttempts: number;
  readonly deadlineMs: number;
  readonly retryUnsafe: boolean;
  readonly pace: boolean;
  /** Reports the end of a key that a response announces. */
  readonly reportKeyEnding: (key: string, headers: Headers) => void;
  readonly fetch: typeof fetch;
}

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** Hosts that never leave this machine, as URLs have them. */
const LOOPBACK_HOST = /^(?:localhost|.+\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/** Checks the options. No message repeats the key. */
export function resolveOptions(options: ClientOptions): ClientSettings {
  const { header = "x-api-key", maxAttempts = 5, deadlineMs = 30_000, onKeyEnding } = options;
  if (!HEADER_NAME.test(header)) fail("header", "a header name");
  if (onKeyEnding !== undefined && typeof onKeyEnding !== "function") fail("onKeyEnding", "a function");
  for (const [name, value] of Object.entries({ maxAttempts, deadlineMs }))
    if (!(value >= 1)) fail(name, `a number of at least 1; got ${value}`);
  return {
    base: checkBaseUrl(options.baseUrl),
    key: createKeySource(options.apiKey),
    header,
    maxAttempts,
    deadlineMs,
    retryUnsafe: options.retryUnsafe ?? false,
    pace: options.pace ?? false,
    reportKeyEnding: createKeyEndingReport(onKeyEnding),
    fetch: options.fetch ?? ((input, init) => fetch(input, init)),
  };
}

function checkBaseUrl(baseUrl: string | URL): URL {
  if (!URL.canParse(baseUrl)) fail("baseUrl", "an absolute URL");
  const base = new URL(baseUrl);
  const { protocol, hostname, host, username, password, search, hash } = base;
  // The URL is not repeated, because it may contain a password.
  if (username + password + search + hash !== "")
    fail("baseUrl", "a URL without credentials, query and fragment");
  if (protocol !== "https:" && !(protocol === "http:" && LOOPBACK_HOST.test(hostname))) {
    throw new ClientError("not-https", `baseUrl must use https; got ${protocol}//${host}.`);
  }
  return base;
}

function fail(option: string, accepted: string): never {
  throw new ClientError("invalid-option", `${option} must be ${accepted}.`);
}
