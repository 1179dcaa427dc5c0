interface Response {
  /** The position after its last byte. */
  readonly end: number;
  /** True if the server closes the connection after it. */
  readonly closes: boolean;
}

/**
 * Finds the end of the responses that start at a position: of the last one that is complete. Returns undefined while
 * none is. The first one answers a HEAD request or another one.
 */
export function readResponse(text: string, start: number, isHead: boolean): Response | undefined {
  const end = endOf(text, start, isHead);
  if (end === undefined) return undefined;
  const closes = /^connection: close\r$/im.test(text.slice(start, end));
  return readResponse(text, end, false) ?? { end, closes };
}

function endOf(text: string, start: number, isHead: boolean): number | undefined {
  const headEnd = text.indexOf("\r\n\r\n", start);
  if (headEnd === -1) return undefined;
  const head = text.slice(start, headEnd + 2);
  const body = headEnd + 4;
  const status = /^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1] ?? "";
  // The final response follows.
  if (status.startsWith("1")) return endOf(text, body, isHead);
  if (isHead || status === "204" || status === "304") return body;
  const length = /^content-length: (\d+)\r$/im.exec(head)?.[1];
  if (length !== undefined) {
    const end = body + Number(length);
    return end <= text.length ? end : undefined;
  }
  const lastChunk = text.indexOf("\r\n0\r\n\r\n", body - 2);
  return lastChunk === -1 ? undefined : lastChunk + 7;
}
