import { ClientError } from "./errors.ts";

/** How often a request may be redirected within the API. */
const MOST_REDIRECTS = 5;

/** The request with the key, which goes over HTTPS and to the API's own origin alone. */
export function withKey(request: Request, base: URL, header: string, apiKey: string): Request {
  const { origin } = new URL(request.url);
  if (origin !== base.origin) {
    throw new ClientError("other-origin", `The key is for ${base.origin} and is not sent to ${origin}.`);
  }
  const headers = new Headers(request.headers);
  headers.set(header, apiKey);
  return new Request(request, { headers, redirect: "manual" });
}

/**
 * Sends it. A redirect within the API is followed where it can be seen and changes nothing, which is for GET and HEAD,
 * outside of browsers; any other is an error.
 */
export async function sendSafely(request: Request, base: URL, send: typeof fetch): Promise<Response> {
  let current = request;
  for (let redirects = 0; ; redirects += 1) {
    const response = await send(current);
    const { type, status } = response;
    if (type !== "opaqueredirect" && (status < 300 || status >= 400 || status === 304)) return response;
    const location = response.headers.get("location");
    const next = location === null ? undefined : new URL(location, current.url);
    const follows = next?.origin === base.origin && /^(?:GET|HEAD)$/.test(current.method);
    if (!follows || redirects >= MOST_REDIRECTS) {
      const where = next === undefined ? "" : ` to ${next.origin}`;
      throw new ClientError(
        "redirected",
        `${current.url} answered with a redirect${where}, and the key does not follow it.`,
      );
    }
    await response.body?.cancel();
    current = new Request(next, current);
  }
}
