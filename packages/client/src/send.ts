import { discard } from "./discard.ts";
import { ClientError } from "./errors.ts";
import type { OutgoingRequest } from "./outgoing-request.ts";

const MAX_REDIRECTS = 5;

/**
 * Sends a request once. A redirect of `GET` and `HEAD` within the API is followed, outside of browsers, which hide where
 * it leads. Every other redirect is an error, because the key would follow it.
 *
 * @throws ClientError `redirected`, or whatever `fetch` throws
 */
export async function send(
  { url, method, headers, init }: OutgoingRequest,
  signal: AbortSignal,
  fetch: typeof globalThis.fetch,
): Promise<Response> {
  const options: RequestInit = {
    ...init,
    method,
    headers: Object.fromEntries(headers),
    redirect: "manual",
    signal,
  };
  let target = url;
  for (let redirects = 0; ; redirects += 1) {
    const response = await fetch(target.href, options);
    if (!isRedirect(response) || init.redirect === "manual") return response;
    const location = response.headers.get("location");
    const next = location === null ? undefined : new URL(location, target);
    const isWithinApi = next?.origin === url.origin && /^(?:GET|HEAD)$/.test(method);
    if (!isWithinApi || redirects >= MAX_REDIRECTS || init.redirect === "error") {
      const destination = next === undefined ? "" : ` to ${next.origin}`;
      throw new ClientError(
        "redirected",
        `${target.origin}${target.pathname} redirects${destination}. The key does not follow this redirect.`,
      );
    }
    await discard(response);
    target = next;
  }
}

function isRedirect({ type, status }: Response): boolean {
  return type === "opaqueredirect" || (status >= 300 && status < 400 && status !== 304);
}
