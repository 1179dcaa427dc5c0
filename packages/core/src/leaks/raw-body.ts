import type { IncomingMessage } from "node:http";

/** The largest report that is read. */
export const MAX_REPORT_BYTES = 1024 * 1024;

/** A body was read before, and its bytes are gone. */
export class LostBodyError extends Error {}

/** Fields that body parsers set on a request. */
interface ParsedBody {
  readonly body?: unknown;
  readonly rawBody?: unknown;
}

/**
 * The bytes of a Node request's body: from the connection, or as a parser kept them. `undefined` if there are too many.
 *
 * @throws LostBodyError if a parser kept only the parsed value, over which no signature can be verified
 */
export async function readRawBody(request: IncomingMessage & ParsedBody): Promise<Buffer | undefined> {
  const kept = request.rawBody ?? request.body;
  if (Buffer.isBuffer(kept)) return kept.length > MAX_REPORT_BYTES ? undefined : kept;
  if (request.readableEnded) throw new LostBodyError("the body was read before");
  return collect(request);
}

/** Collects chunks. `undefined` if there are too many bytes. */
export async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Buffer | undefined> {
  const collected: Uint8Array[] = [];
  let received = 0;
  for await (const chunk of chunks) {
    received += chunk.length;
    if (received > MAX_REPORT_BYTES) return undefined;
    collected.push(chunk);
  }
  return Buffer.concat(collected);
}
