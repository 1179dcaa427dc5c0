import { createKeyward, memoryStore, type KeywardEventName } from "@keyward/core";

export const HOUR_MS = 3_600_000;
/** What the clock says at first. */
export const START = Date.UTC(2025, 5, 15, 12);

/** A Keyward with two environments, a plan, a clock that one advances, and what it told of acts. */
export function setUp() {
  let now = START;
  const events: [KeywardEventName, object][] = [];
  const hear = (name: KeywardEventName) => (event: object) => void events.push([name, event]);
  const kw = createKeyward({
    store: memoryStore(),
    environments: ["prod", "test"],
    plans: { pro: { rate: 1, burst: 1, daily: 1 } },
    clock: () => now,
    events: {
      "key.created": hear("key.created"),
      "key.revoked": hear("key.revoked"),
      "key.rotated": hear("key.rotated"),
    },
  });
  return { kw, events, advance: (ms: number) => void (now += ms) };
}
