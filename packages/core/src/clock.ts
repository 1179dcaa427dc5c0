/** Tells the time: milliseconds since the Unix epoch, UTC. Injected so that tests own it. */
export type Clock = () => number;

/** The machine's clock, to the millisecond. It reads `Date.now` when it is called, so that fake timers of tests reach it. */
export const systemClock: Clock = () => Date.now();
