import { IncomingMessage } from "node:http";

/**
 * Gives all requests of a framework a field that is worked out when it is read, on the prototype that they share. For
 * adapters of frameworks that give each request another prototype: V8 no longer adds fields to such requests the fast
 * way, and one costs more there than all else that is done for a request.
 *
 * Does nothing if there is such a field. Whoever sets it on a request has a field of their own there.
 */
export function giveRequestField<R extends IncomingMessage>(
  request: R,
  name: string,
  read: (request: R) => unknown,
): void {
  if (name in request) return;
  let shared: object = request;
  for (;;) {
    const next = Object.getPrototypeOf(shared) as object | null;
    if (next === null || next === IncomingMessage.prototype) break;
    shared = next;
  }
  // Node's own requests have no prototype of their own to be given anything.
  const target = shared === request ? (request as object) : shared;
  Object.defineProperty(target, name, {
    configurable: true,
    get(this: R) {
      return read(this);
    },
    set(this: R, value: unknown) {
      Object.defineProperty(this, name, { configurable: true, enumerable: true, writable: true, value });
    },
  });
}
