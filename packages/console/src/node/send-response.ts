import { once } from "node:events";
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";

/** Time during which the rest of a request is received and discarded, so that the client can read the response. */
const LINGER_MS = 500;

/** Writes a response to Node's. `complete` says whether the request was read to its end. */
export async function sendResponse(
  response: Response,
  request: IncomingMessage,
  outgoing: ServerResponse,
  complete: boolean,
): Promise<void> {
  const body = Buffer.from(await response.arrayBuffer());
  const headers: OutgoingHttpHeaders = Object.fromEntries(response.headers);
  const cookies = response.headers.getSetCookie();
  if (cookies.length > 0) headers["set-cookie"] = cookies;
  if (request.method !== "HEAD" && response.status !== 204) headers["content-length"] = body.length;
  // HTTP/2 has no such field: it ends streams, not connections.
  const mustClose = !complete && request.httpVersionMajor === 1;
  if (mustClose) headers["connection"] = "close";
  outgoing.writeHead(response.status, headers);
  if (mustClose) {
    outgoing.write(body);
    await discardRest(request);
    outgoing.end();
  } else {
    outgoing.end(body);
  }
}

/** A connection that is closed while the client still sends is reset, and the client may lose the response. */
async function discardRest(request: IncomingMessage): Promise<void> {
  if (request.readableEnded || request.destroyed) return;
  request.resume();
  await once(request, "end", { signal: AbortSignal.timeout(LINGER_MS) }).catch(() => {});
}
