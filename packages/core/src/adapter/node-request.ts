import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";

/** Headers that Node does not join where they are sent repeatedly: it keeps the first. */
const UNJOINED = new Set(["authorization"]);

/** A header of a Node request by its lower-case name: all its values where Node would hide some. */
export function nodeHeaderOf(request: IncomingMessage, name: string): string | readonly string[] | undefined {
  const value = request.headers[name];
  return value === undefined || !UNJOINED.has(name) ? value : rawValues(request, name, value);
}

function rawValues(
  { rawHeaders }: IncomingMessage,
  name: string,
  value: string | string[],
): string | readonly string[] {
  const values: string[] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const raw = rawHeaders[index] as string;
    if (raw.length === name.length && raw.toLowerCase() === name)
      values.push(rawHeaders[index + 1] as string);
  }
  return values.length > 1 ? values : value;
}

/** True if the server accepted this very socket over TLS. */
export function isEncrypted(socket: Socket): boolean {
  return (socket as Partial<TLSSocket>).encrypted === true;
}
