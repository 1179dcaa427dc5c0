/** A value that is there at once, or will be. The hot path hands values on without a promise. */
export type MaybePromise<T> = T | Promise<T>;

/** Calls `next` immediately with a value, and after a promise resolves. */
export function whenReady<T, R>(
  value: MaybePromise<T>,
  next: (value: T) => MaybePromise<R>,
): MaybePromise<R> {
  return value instanceof Promise ? value.then(next) : next(value);
}

/** True if a value can be awaited. Promises of another realm and the thenables of query builders are not instances of `Promise`. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  const isObject = (typeof value === "object" && value !== null) || typeof value === "function";
  return isObject && typeof (value as { then?: unknown }).then === "function";
}
