import { ClientError } from "./errors.ts";

/** What `createClient()` is told; only `key` has to be given. */
export interface ClientOptions {
  /** Where the API is: an `https:` URL. Paths given to `fetch` are resolved against it. */
  readonly baseUrl: string | URL;
  /** The key. Sent in the header and nowhere else; never printed. `KEYWARD_API_KEY` of the environment if left out. */
  readonly apiKey?: string | undefined;
  /** `x-api-key` if left out. */
  readonly header?: string;
  /** Attempts in all, 5 if left out; 1 tries nothing again. */
  readonly maxAttempts?: number;
  /** How long a call may take until it is answered, waits and all, in milliseconds; 30,000 if left out. */
  readonly deadlineMs?: number;
  /** Whether methods that may do more the second time are tried again too, without an `Idempotency-Key`. Default: false. */
  readonly retryUnsafe?: boolean;
  /**
   * Whether requests go out evenly, at the pace that the server publishes, so that none is refused. All clients of this
   * process with the same key share the pace. Default: false.
   */
  readonly pace?: boolean;
  /** The `fetch` to use, if not the global one. */
  readonly fetch?: typeof fetch;
}

export interface Settings {
  readonly base: URL;
  readonly apiKey: string;
  readonly header: string;
  readonly maxAttempts: number;
  readonly deadlineMs: number;
  readonly retryUnsafe: boolean;
  readonly pace: boolean;
  readonly send: typeof fetch;
}

/** Checks options where they enter. No message repeats the key. */
export function resolveOptions(options: ClientOptions): Settings {
  const { header = "x-api-key", maxAttempts = 5, deadlineMs = 30_000 } = options;
  const base = new URL(options.baseUrl);
  if (base.protocol !== "https:") {
    throw new ClientError(
      "not-https",
      `baseUrl: got ${base.protocol}//${base.host}, wants https: the key must not travel in clear.`,
    );
  }
  const apiKey = options.apiKey ?? fromEnvironment();
  if (typeof apiKey !== "string" || !/^[\x21-\x7e]+$/.test(apiKey)) {
    throw new ClientError(
      "invalid-option",
      "apiKey: wants the key as it was copied, without spaces or line breaks, here or in KEYWARD_API_KEY.",
    );
  }
  for (const [name, value] of Object.entries({ maxAttempts, deadlineMs })) {
    if (!(value >= 1))
      throw new ClientError("invalid-option", `${name}: got ${value}, wants a number from 1.`);
  }
  return {
    base,
    apiKey,
    header,
    maxAttempts,
    deadlineMs,
    retryUnsafe: options.retryUnsafe ?? false,
    pace: options.pace ?? false,
    send: options.fetch ?? ((input, init) => fetch(input, init)),
  };
}

/** There is none in browsers. */
function fromEnvironment(): string | undefined {
  return (globalThis as { process?: { env?: Record<string, string> } }).process?.env?.["KEYWARD_API_KEY"];
}
