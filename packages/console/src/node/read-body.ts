import type { IncomingMessage } from "node:http";

/** The largest body that the console reads. */
export const MAX_BODY_BYTES = 64 * 1024;

/** Limit up to which the rest of a body is read and discarded, so that the connection can be reused. */
const MAX_DISCARDED_BYTES = 1024 * 1024;

/** A body, as far as it was read. */
export interface NodeBody {
  /** At most one byte more than is allowed, by which it is recognised as too large. */
  readonly bytes: Buffer;
  /** True if all of it was received. Otherwise the connection cannot be used for another request. */
  readonly complete: boolean;
}

/** Parsed bodies: Express, Nest and Fastify put them on Node's request, Koa on its own. */
export interface ParsedBody {
  readonly body?: unknown;
  readonly rawBody?: unknown;
}

/** Reads the body of a request, or takes it from a body parser that has read it before. */
export async function readBody(request: IncomingMessage, parsed: ParsedBody): Promise<NodeBody> {
  if (request.readableEnded || request.destroyed) {
    return { bytes: bytesOf(parsed).subarray(0, MAX_BODY_BYTES + 1), complete: request.readableEnded };
  }
  if (Number(request.headers["content-length"]) > MAX_BODY_BYTES + MAX_DISCARDED_BYTES) {
    return { bytes: Buffer.alloc(MAX_BODY_BYTES + 1), complete: false };
  }
  const chunks: Buffer[] = [];
  let received = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    if (received <= MAX_BODY_BYTES) chunks.push(chunk);
    received += chunk.length;
    if (received > MAX_BODY_BYTES + MAX_DISCARDED_BYTES) break;
  }
  return {
    bytes: Buffer.concat(chunks).subarray(0, MAX_BODY_BYTES + 1),
    complete: received <= MAX_BODY_BYTES + MAX_DISCARDED_BYTES,
  };
}

/** The bytes that a parser has read. If it kept only the parsed value, that is JSON again. */
function bytesOf({ body, rawBody }: ParsedBody): Buffer {
  const kept = rawBody ?? body;
  if (kept === undefined) return Buffer.alloc(0);
  if (Buffer.isBuffer(kept)) return kept;
  return Buffer.from(typeof kept === "string" ? kept : JSON.stringify(kept));
}
