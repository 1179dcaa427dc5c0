import { createKeyward, memoryStore, type Keyward, type KeywardEventName } from "@keyward/core";

export const HOUR_MS = 3_600_000;
/** The time at first. */
export const START = Date.UTC(2025, 5, 15, 12);

/** A Keyward with two environments, a plan, a clock that is advanced by hand, and the events that it emitted. */
export function setUp() {
  let now = START;
  const events: [KeywardEventName, object][] = [];
  const record = (name: KeywardEventName) => (event: object) => void events.push([name, event]);
  const kw: Keyward = createKeyward({
    store: memoryStore(),
    environments: ["prod", "test"],
    plans: { pro: { rate: 1, burst: 1, daily: 1 } },
    clock: () => now,
    events: {
      "key.created": record("key.created"),
      "key.revoked": record("key.revoked"),
      "key.rotated": record("key.rotated"),
    },
  });
  return { kw, events, advance: (ms: number) => void (now += ms) };
}
