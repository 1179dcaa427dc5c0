type Calls = Readonly<Record<string, (...args: never[]) => Promise<unknown>>>;

/** Runs a call, which has a name and arguments. */
type RunCall = (call: () => Promise<unknown>, name: string, args: readonly unknown[]) => Promise<unknown>;

/** The same calls, each through a function that runs it. */
export function wrapCalls<T extends object>(calls: T, run: RunCall): T {
  const wrapped = Object.entries(calls as unknown as Calls).map(([name, call]) => [
    name,
    async (...args: never[]) => run(() => call(...args), name, args),
  ]);
  return Object.freeze(Object.fromEntries(wrapped)) as T;
}

/** The same calls, each after a check that may reject. */
export function guardCalls<T extends object>(calls: T, check: () => Promise<void>): T {
  return wrapCalls(calls, async (call) => {
    await check();
    return call();
  });
}
