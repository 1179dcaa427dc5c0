import { createPacer, type Pacer } from "./pacer.ts";

/** The pacers that clients use, by the API and the end of the key. The key itself is not kept. */
const pacers = new Map<string, WeakRef<Pacer>>();

/** Returns the pacer of a key, which all clients of this process share. */
export function sharedPacer(origin: string, apiKey: string): Pacer {
  const name = `${origin} ${apiKey.slice(-8)}`;
  const existing = pacers.get(name)?.deref();
  if (existing !== undefined) return existing;
  for (const [each, reference] of pacers) if (reference.deref() === undefined) pacers.delete(each);
  const pacer = createPacer();
  pacers.set(name, new WeakRef(pacer));
  return pacer;
}
