/** Tells the time: milliseconds since the Unix epoch, UTC. Injected so that tests own it. */
export type Clock = () => number;

/** The machine's clock, to the millisecond. */
export const systemClock: Clock = Date.now;
