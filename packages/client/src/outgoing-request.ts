import { ClientError } from "./errors.ts";

/** A request in the form that every `fetch` accepts: a URL and options. */
export interface OutgoingRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: Headers;
  /** All other options, as the caller passed them. They may include options of a single runtime. */
  readonly init: RequestInit;
  /** `false` for a body that can be sent only once. */
  readonly isReplayable: boolean;
}

/** Members of a `Request` that are also options of `fetch`, some of them in a single runtime. */
const REQUEST_OPTIONS = [
  "cache",
  "cf",
  "credentials",
  "integrity",
  "keepalive",
  "mode",
  "redirect",
  "referrer",
  "referrerPolicy",
  "signal",
] as const;

/**
 * Converts the arguments of `fetch`. A `Request` is not passed on, because the `fetch` of another library does not accept
 * it. Its body is read into memory.
 *
 * @throws ClientError `other-origin`
 */
export async function toOutgoingRequest(
  input: string | URL | Request,
  init: RequestInit = {},
  base: URL,
): Promise<OutgoingRequest> {
  const from = typeof input === "object" && "headers" in input ? input : undefined;
  const url = from === undefined ? resolveUrl(input as string | URL, base) : new URL(from.url);
  if (url.origin !== base.origin)
    throw new ClientError(
      "other-origin",
      `The key is only sent to ${base.origin}; this request is for ${url.origin}.`,
    );
  const method = (init.method ?? from?.method ?? "GET").toUpperCase();
  const options = { ...(from && optionsOf(from)), ...init };
  if (from !== undefined && init.body === undefined && !/^(?:GET|HEAD)$/.test(method)) {
    const body = await from.arrayBuffer();
    if (body.byteLength > 0) options.body = body;
  }
  return {
    url,
    method,
    headers: new Headers(init.headers ?? from?.headers),
    init: options,
    isReplayable: !isStream(options.body),
  };
}

/** Appends a path to the base URL, including the path of that. Absolute URLs stay as they are. */
function resolveUrl(input: string | URL, base: URL): URL {
  const text = String(input);
  if (URL.canParse(text)) return new URL(text);
  // The text names another host.
  if (/^[/\\]{2}/.test(text)) return new URL(text, base);
  const path = base.pathname.replace(/\/$/, "");
  const separator = /^[/?#]/.test(text) || text === "" ? "" : "/";
  return new URL(`${base.origin}${path}${separator}${text}`);
}

function optionsOf(request: Request): RequestInit {
  const fields = request as unknown as Readonly<Record<string, unknown>>;
  const options = REQUEST_OPTIONS.map((name) => [name, fields[name]] as const);
  // Only browsers make requests of this mode.
  return Object.fromEntries(options.filter(([, value]) => value !== undefined && value !== "navigate"));
}

/** Recognizes web streams, Node streams and generators, which can be read only once. */
function isStream(body: unknown): boolean {
  if (typeof body !== "object" || body === null) return false;
  return "getReader" in body || "pipe" in body || Symbol.asyncIterator in body;
}
