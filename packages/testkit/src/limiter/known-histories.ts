import type { History, Step } from "./histories.ts";

const one: Step = { wait: 0, costs: [1], plans: [0], times: 1, comeBack: false, settle: undefined };

/** Histories that a limiter once got wrong, and that random ones rarely contain. */
export const KNOWN_HISTORIES: readonly History[] = [
  // The clock is set back to a moment at which the window of a refused request was not yet over.
  {
    start: Date.UTC(2025, 5, 16),
    limits: [[{ rate: 1, burst: 1, daily: 1 }]],
    steps: [one, { ...one, wait: 999 }, { ...one, wait: 1 }, { ...one, wait: -1 }, { ...one, wait: 999 }],
  },
  // The same, with a day that ends in between.
  {
    start: Date.UTC(2025, 5, 16) - 1,
    limits: [[{ rate: 1, burst: 1, daily: 1 }]],
    steps: [
      one,
      { ...one, wait: 1000, costs: [0] },
      { ...one, wait: -1, costs: [0] },
      { ...one, costs: [0] },
    ],
  },
  // The clock is set back by days, to a period that is then followed.
  {
    start: Date.UTC(2026, 2, 29, 1),
    limits: [[{ rate: 1, burst: 1, daily: 1 }]],
    steps: [one, { ...one, wait: -3 * 86_400_000, comeBack: true }],
  },
  // An account that limits had before, and that a limiter keeps or not, depending on what it counted of an inexact window.
  {
    start: Date.UTC(2025, 5, 15, 12),
    limits: [
      [
        { rate: 10, burst: 15 },
        { rate: 15, per: "hour" },
      ],
      [{ rate: 10, burst: 15 }],
    ],
    steps: [
      { ...one, plans: [1], times: 15 },
      one,
      {
        ...one,
        wait: 61_500,
        costs: [1, 16],
        plans: [0, 0],
        settle: { ago: 0, by: 1, includesPacing: false },
      },
      { ...one, wait: 60, plans: [1] },
      { ...one, wait: 40 },
      one,
    ],
  },
  // A refund of pacing that may take back less than was charged, of a subject that owes nothing otherwise.
  {
    start: Date.UTC(2026, 2, 29, 1),
    limits: [[{ rate: 1, burst: 1, daily: 1 }]],
    steps: [
      one,
      { ...one, wait: -3 * 86_400_000, comeBack: true },
      { ...one, comeBack: true, settle: { ago: 2, by: -1, includesPacing: true } },
      { ...one, costs: [0] },
    ],
  },
];
