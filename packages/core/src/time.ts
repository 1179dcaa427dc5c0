/** Lengths of time in milliseconds, defined once. */
export const SECOND_MS = 1000;
export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
/** A day of 24 hours, such as every UTC day. Local days can be longer or shorter. */
export const DAY_MS = 86_400_000;
