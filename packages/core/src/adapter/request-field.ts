import { findAdmission, hasNodePrototype } from "./request-state.ts";

const FIELD = "apiKey";

/** Prototypes that have the accessor. */
const exposing = new WeakSet<object>();

/** The one of these that was used last: usually the only one, and quicker to compare than to look up. */
let latest: object | undefined;

/**
 * Makes `request.apiKey` the key of the request's admission, whatever it was before.
 *
 * A request that still has Node's prototype gets a field. For others the field is read from the admission by an accessor on the prototype
 * that the requests of an application share: V8 adds fields to such requests slowly.
 */
export function exposeApiKey(request: object): void {
  if (hasNodePrototype(request)) {
    const key = findAdmission(request)?.decision.key;
    if (key !== undefined || FIELD in request) (request as { [FIELD]?: unknown })[FIELD] = key;
    return;
  }
  const prototype = Object.getPrototypeOf(request) as object;
  if (prototype !== latest) {
    if (!exposing.has(prototype)) defineAccessor(prototype);
    latest = prototype;
  }
  if (Object.hasOwn(request, FIELD)) Reflect.deleteProperty(request, FIELD);
}

function defineAccessor(prototype: object): void {
  exposing.add(prototype);
  Reflect.defineProperty(prototype, FIELD, {
    configurable: true,
    get(this: object) {
      return findAdmission(this)?.decision.key;
    },
    set(this: object, value: unknown) {
      Object.defineProperty(this, FIELD, { configurable: true, enumerable: true, writable: true, value });
    },
  });
}
