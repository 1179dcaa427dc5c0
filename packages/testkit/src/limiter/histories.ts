import type { Limits } from "@keyward/core";
import fc from "fast-check";

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** One thing that happens: time passes or is set, then so many equal requests come at once. */
export interface Step {
  /** Milliseconds by which the clock moves; negative sets it back. */
  readonly wait: number;
  /** The cost for each subject; a subject without one is not charged. */
  readonly costs: readonly (number | undefined)[];
  /** The limits that each subject has from now on, as indexes of its list. */
  readonly plans: readonly number[];
  readonly times: number;
  /** True if a refusal is followed to the instant at which the request is said to be admitted. */
  readonly comeBack: boolean;
  /** Corrects the cost of an earlier request: how many requests ago, and by how much. */
  readonly settle:
    | { readonly ago: number; readonly by: number; readonly includesPacing: boolean }
    | undefined;
}

/** A random history: when it starts, the limits that each subject has in turn, and what happens. */
export interface History {
  readonly start: number;
  /** For each subject, the limits of its plans. */
  readonly limits: readonly (readonly Limits[])[];
  readonly steps: readonly Step[];
}

/** The names of the subjects of a history, as policies begin with them. */
export const SUBJECT_NAMES = [undefined, "owner", "search"] as const;

const timeZone = fc.constantFrom(
  undefined,
  "UTC",
  "Europe/Berlin",
  "America/New_York",
  "Asia/Kathmandu",
  "Australia/Lord_Howe",
  "Africa/Cairo",
  "Pacific/Apia",
);

const quota = fc.option(fc.integer({ min: 1, max: 300 }), { nil: undefined, freq: 1 });

const anyPace = fc.option(
  fc.record({
    rate: fc.integer({ min: 1, max: 60 }),
    slack: fc.option(fc.integer({ min: 0, max: 90 }), { nil: undefined }),
    per: fc.constantFrom(undefined, "second" as const, "second" as const, "minute" as const, "hour" as const),
  }),
  { nil: undefined, freq: 4 },
);

/** Complete limits, with and without each field. */
export const anyLimits: fc.Arbitrary<Limits> = fc
  .record({
    pace: anyPace,
    hourly: quota,
    daily: quota,
    weekly: quota,
    monthly: quota,
    timeZone,
    monthStartsOn: fc.constantFrom(undefined, 1, 15, 28),
  })
  .map(({ pace, timeZone: zone, monthStartsOn, ...quotas }): Limits => {
    const hasQuota = Object.values(quotas).some((limit) => limit !== undefined);
    const paced = pace ?? (hasQuota ? undefined : { rate: 10, slack: 5, per: undefined });
    return withoutUndefined({
      rate: paced?.rate,
      per: paced?.per,
      burst: paced?.slack === undefined ? undefined : paced.rate + paced.slack,
      ...quotas,
      timeZone: hasQuota ? zone : undefined,
      monthStartsOn: quotas.monthly === undefined ? undefined : monthStartsOn,
    });
  });

function withoutUndefined(limits: Limits): Limits {
  return Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined));
}

/** The three limits that most plans have. */
const usualLimits: fc.Arbitrary<Limits> = fc
  .record({
    rate: fc.integer({ min: 1, max: 60 }),
    slack: fc.integer({ min: 0, max: 90 }),
    daily: fc.integer({ min: 1, max: 600 }),
  })
  .map(({ rate, slack, daily }) => ({ rate, burst: rate + slack, daily }));

const wait = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 40 }) },
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 1100 }) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 70_000 }) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 2 * HOUR_MS }) },
  { weight: 1, arbitrary: fc.constantFrom(999, 1000, 1001, 1025, 60_000, 61_500, HOUR_MS) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      -1,
      -50,
      -1000,
      -HOUR_MS,
      -DAY_MS,
      -3 * DAY_MS,
      HOUR_MS,
      DAY_MS,
      3 * DAY_MS,
      20 * DAY_MS,
    ),
  },
);

const cost = fc.oneof(
  { weight: 5, arbitrary: fc.constant(1) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 40 }) },
);

/** @param subjects how many subjects a request charges at most; with 1, requests charge exactly one */
function stepFor(subjects: number): fc.Arbitrary<Step> {
  const optionalCost = subjects === 1 ? cost : fc.option(cost, { nil: undefined, freq: 4 });
  return fc.record({
    wait,
    costs: fc.tuple(cost, ...Array.from({ length: subjects - 1 }, () => optionalCost)),
    plans: fc.array(fc.nat(2), { minLength: subjects, maxLength: subjects }),
    times: fc.oneof(
      { weight: 3, arbitrary: fc.integer({ min: 1, max: 3 }) },
      { weight: 1, arbitrary: fc.integer({ min: 1, max: 60 }) },
    ),
    comeBack: fc.boolean(),
    settle: fc.option(
      fc.record({
        ago: fc.nat(4),
        by: fc.integer({ min: -20, max: 40 }),
        includesPacing: fc.boolean(),
      }),
      { nil: undefined, freq: 3 },
    ),
  });
}

/** Noon, shortly before midnight in UTC, or around a change of daylight saving time or the end of a month. */
const start = fc.oneof(
  fc.constant(Date.UTC(2025, 5, 15, 12)),
  fc.integer({ min: 0, max: 3000 }).map((before) => Date.UTC(2025, 5, 16) - before),
  fc
    .record({
      near: fc.constantFrom(
        // Daylight saving time begins and ends in Berlin.
        Date.UTC(2026, 2, 29, 1),
        Date.UTC(2026, 9, 25, 1),
        // Midnight in Kathmandu, and the end of a February.
        Date.UTC(2026, 4, 3, 18, 15),
        Date.UTC(2026, 2, 1),
        Date.UTC(2028, 1, 29),
        Date.UTC(2028, 1, 15),
        // Lord Howe Island moves its clocks by half an hour; Cairo skips a midnight.
        Date.UTC(2026, 3, 4, 15),
        Date.UTC(2026, 3, 23, 22),
      ),
      before: fc.integer({ min: 0, max: 3 * HOUR_MS }),
    })
    .map(({ near, before }) => near - before),
);

/** Histories of one subject with the usual limits, which never change. */
export const plainHistories: fc.Arbitrary<History> = fc.record({
  start,
  limits: fc.tuple(usualLimits).map(([limits]) => [[limits]]),
  steps: fc.array(
    stepFor(1).map((step) => ({ ...step, settle: undefined })),
    { minLength: 1, maxLength: 14 },
  ),
});

/** Histories of up to three subjects, whose limits change while they are in use. */
export const anyHistories: fc.Arbitrary<History> = fc.integer({ min: 1, max: 3 }).chain((subjects) =>
  fc.record({
    start,
    limits: fc.array(
      fc.oneof(
        { weight: 1, arbitrary: fc.tuple(usualLimits) },
        { weight: 3, arbitrary: fc.array(anyLimits, { minLength: 1, maxLength: 3 }) },
      ),
      { minLength: subjects, maxLength: subjects },
    ),
    steps: fc.array(stepFor(subjects), { minLength: 1, maxLength: 12 }),
  }),
);
