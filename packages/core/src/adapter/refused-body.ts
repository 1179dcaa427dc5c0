import type { IncomingMessage, ServerResponse } from "node:http";

/** Limit up to which the body of a refused request is read, for clients that read the response only after sending. */
const MAX_DISCARDED_BYTES = 1024 * 1024;
/** Time that a client that is still sending has to read the response before its connection is reset. */
const GRACE_MS = 1000;

/**
 * Keeps a refused request from being read to its end: Node reads and discards the unread rest of a body. After the response
 * to a request with a longer body, 1 MiB more is read, and the connection is closed within a second.
 */
export function limitRefusedBody(request: IncomingMessage, response: ServerResponse): void {
  // The streams of HTTP/2 are limited by flow control. A request without a body is complete.
  if (request.complete || request.httpVersionMajor !== 1 || response.headersSent) return;
  if (Number(request.headers["content-length"]) <= MAX_DISCARDED_BYTES) return;
  response.setHeader("Connection", "close");
  const { socket } = request;
  // Node calls it once the response is sent. Closing the connection while the client sends resets it, and the response may be lost.
  const { destroySoon } = socket;
  socket.destroySoon = () => {
    if (request.complete) destroySoon.call(socket);
    else closeSlowly(request);
  };
}

function closeSlowly({ socket }: IncomingMessage): void {
  let discarded = 0;
  socket.on("data", ({ length }: Uint8Array) => {
    discarded += length;
    if (discarded > MAX_DISCARDED_BYTES) socket.pause();
  });
  socket.end();
  const timer = setTimeout(() => socket.destroy(), GRACE_MS);
  socket.once("close", () => clearTimeout(timer));
}
