/** A clock that stands still until it is moved. Pass it as `clock`. */
export interface TestClock {
  (): number;
  /** Moves it; a negative number sets it back. */
  advance(ms: number): void;
  set(ms: number): void;
}

/**
 * Creates a clock that stands still until it is advanced.
 *
 * @param start milliseconds since the epoch. Default: 12:00 UTC of a past day
 */
export function testClock(start: number = Date.UTC(2025, 5, 15, 12)): TestClock {
  let now = start;
  return Object.assign(() => now, {
    advance(ms: number) {
      now += ms;
    },
    set(ms: number) {
      now = ms;
    },
  });
}
