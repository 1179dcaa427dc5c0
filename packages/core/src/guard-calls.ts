type Calls = Readonly<Record<string, (...args: never[]) => Promise<unknown>>>;

/** The same calls, each after a check that may reject. */
export function guardCalls<T extends object>(calls: T, check: () => Promise<void>): T {
  const guarded = Object.entries(calls as unknown as Calls).map(([name, call]) => [
    name,
    async (...args: never[]) => {
      await check();
      return call(...args);
    },
  ]);
  return Object.freeze(Object.fromEntries(guarded)) as T;
}
