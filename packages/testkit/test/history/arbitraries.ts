import type { LimitOverrides, Limits, PlanInput } from "@keyward/core";
import fc from "fast-check";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export const PLANS = ["default", "free", "pro"] as const;
export const OWNERS = ["acme", "globex"] as const;
export const BUDGETS = ["search", "tokens"] as const;
/** Addresses of anonymous clients. */
export const ADDRESSES = ["203.0.113.1", "2001:db8::1"] as const;

type Costs = Partial<Record<(typeof BUDGETS)[number], number>>;

/** Request options at one mount. */
export interface MountOptions {
  readonly cost: number;
  readonly budgets: Costs;
}

/** One thing that happens. Keys, requests and owners are chosen by a number, modulo how many there are. */
export type Operation =
  | { readonly type: "wait"; readonly ms: number }
  | {
      readonly type: "request";
      readonly key: number;
      readonly mounts: readonly MountOptions[];
      readonly times: number;
    }
  | { readonly type: "visit"; readonly address: number; readonly cost: number; readonly times: number }
  | {
      readonly type: "settle";
      readonly request: number;
      readonly cost: number | undefined;
      readonly budgets: Costs;
    }
  | { readonly type: "look"; readonly key: number }
  | { readonly type: "create"; readonly owner: number | undefined; readonly plan: string | undefined }
  | { readonly type: "rotate"; readonly key: number; readonly overlapMs: number }
  | { readonly type: "revoke"; readonly key: number }
  | {
      readonly type: "pause" | "resume";
      readonly of: "key" | "owner";
      readonly which: number;
      readonly forMs: number;
    }
  | {
      readonly type: "plan";
      readonly of: "key" | "owner";
      readonly which: number;
      readonly plan: string | null;
    }
  | {
      readonly type: "limits";
      readonly of: "key" | "owner";
      readonly which: number;
      readonly limits: LimitOverrides | null;
      readonly forMs: number | undefined;
    }
  | { readonly type: "reset"; readonly of: "key" | "owner"; readonly which: number };

/** A random history of a server. */
export interface OperationHistory {
  readonly start: number;
  readonly plans: Readonly<Record<(typeof PLANS)[number] | "visitors", PlanInput>>;
  readonly steps: readonly Operation[];
}

const quota = fc.option(fc.integer({ min: 1, max: 40 }), { nil: undefined, freq: 1 });
const zone = fc.constantFrom(undefined, "UTC", "Europe/Berlin", "Asia/Kathmandu");
const pace = fc.option(
  fc.record({
    rate: fc.integer({ min: 1, max: 8 }),
    slack: fc.option(fc.integer({ min: 0, max: 12 }), { nil: undefined }),
    per: fc.constantFrom(undefined, "second" as const, "minute" as const, "hour" as const),
  }),
  { nil: undefined, freq: 3 },
);

type Defined<T> = { [Name in keyof T]: Exclude<T[Name], undefined> };

function withoutUndefined<T extends object>(value: T): Partial<Defined<T>> {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as Partial<
    Defined<T>
  >;
}

function toPace(input: { rate: number; slack: number | undefined; per: Limits["per"] } | undefined): Limits {
  if (input === undefined) return {};
  const { rate, slack, per } = input;
  return { rate, per, burst: slack === undefined ? undefined : rate + slack };
}

/** Limits so tight that a few requests reach them. */
const limits: fc.Arbitrary<Limits> = fc
  .record({
    pace,
    daily: quota,
    monthly: quota,
    hourly: quota,
    timeZone: zone,
    monthStartsOn: fc.constantFrom(undefined, 15),
  })
  .map(({ pace: paced, timeZone, monthStartsOn, ...quotas }) => {
    const hasQuota = Object.values(quotas).some((limit) => limit !== undefined);
    return withoutUndefined({
      ...toPace(paced ?? (hasQuota ? undefined : { rate: 5, slack: undefined, per: undefined })),
      ...quotas,
      timeZone: hasQuota ? timeZone : undefined,
      monthStartsOn: quotas.monthly === undefined ? undefined : monthStartsOn,
    });
  });

const overrides: fc.Arbitrary<LimitOverrides> = fc
  .record({
    pace: fc.oneof(pace, fc.constant(null)),
    daily: fc.option(quota, { nil: null }),
    monthly: fc.option(quota, { nil: null }),
    timeZone: fc.oneof(zone, fc.constant(null)),
  })
  .map(({ pace: paced, ...others }) =>
    withoutUndefined({ ...(paced === null ? { rate: null } : toPace(paced)), ...others }),
  );

const plan: fc.Arbitrary<PlanInput> = fc.oneof(
  { weight: 1, arbitrary: fc.constant("unlimited" as const) },
  {
    weight: 9,
    arbitrary: fc
      .record({
        own: fc.option(limits, { nil: undefined, freq: 4 }),
        owner: fc.option(limits, { nil: undefined, freq: 3 }),
        search: fc.option(limits, { nil: undefined, freq: 2 }),
        tokens: fc.option(limits, { nil: undefined, freq: 1 }),
      })
      .map(({ own, owner, search, tokens }): PlanInput => {
        const budgets = withoutUndefined({ search, tokens }) as Record<string, Limits>;
        const hasLimits = own !== undefined || owner !== undefined || Object.keys(budgets).length > 0;
        return withoutUndefined({ ...(hasLimits ? own : { daily: 20 }), owner, budgets });
      }),
  },
);

const cost = fc.oneof(
  { weight: 4, arbitrary: fc.constant(1) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 9 }) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 50 }) },
);
const budgets: fc.Arbitrary<Costs> = fc
  .record({
    search: fc.option(cost, { nil: undefined, freq: 2 }),
    tokens: fc.option(cost, { nil: undefined, freq: 1 }),
  })
  .map(withoutUndefined);
const mount = fc.record({ cost, budgets });
const which = fc.nat(6);
const of = fc.constantFrom("key" as const, "owner" as const);
const anyPlan = fc.constantFrom(...PLANS);

const wait = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 0, max: 1100 }) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 90_000 }) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 2 * HOUR_MS }) },
  { weight: 1, arbitrary: fc.constantFrom(1000, 60_000, HOUR_MS, 12 * HOUR_MS, DAY_MS, 20 * DAY_MS) },
  { weight: 1, arbitrary: fc.constantFrom(-1, -500, -60_000, -HOUR_MS) },
);

const requests: readonly { weight: number; arbitrary: fc.Arbitrary<Operation> }[] = [
  {
    weight: 10,
    arbitrary: fc.record({
      type: fc.constant("request" as const),
      key: which,
      mounts: fc.array(mount, { minLength: 1, maxLength: 1 }),
      times: fc.integer({ min: 1, max: 8 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant("visit" as const),
      address: which,
      cost,
      times: fc.integer({ min: 1, max: 4 }),
    }),
  },
  { weight: 6, arbitrary: fc.record({ type: fc.constant("wait" as const), ms: wait }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("look" as const), key: which }) },
];

const lifecycle: readonly { weight: number; arbitrary: fc.Arbitrary<Operation> }[] = [
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant("create" as const),
      owner: fc.option(which, { nil: undefined }),
      plan: fc.option(anyPlan, { nil: undefined }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant("rotate" as const),
      key: which,
      overlapMs: fc.constantFrom(0, 700, 60_000, DAY_MS),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("revoke" as const), key: which }) },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constantFrom("pause" as const, "resume" as const, "resume" as const),
      of,
      which,
      forMs: fc.constantFrom(0, 800, HOUR_MS),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("reset" as const), of, which }) },
];

/** Steps that change limits while they are in use. */
const changes: readonly { weight: number; arbitrary: fc.Arbitrary<Operation> }[] = [
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant("plan" as const),
      of,
      which,
      plan: fc.option(anyPlan, { nil: null }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant("limits" as const),
      of,
      which,
      limits: fc.option(overrides, { nil: null }),
      forMs: fc.constantFrom(undefined, undefined, 900, HOUR_MS),
    }),
  },
];

const settlement = (anyBudgets: fc.Arbitrary<Costs>): fc.Arbitrary<Operation> =>
  fc.record({
    type: fc.constant("settle" as const),
    request: which,
    cost: fc.option(cost, { nil: undefined }),
    budgets: anyBudgets,
  });

/**
 * Steps that take back `sustained` and `burst`: settlements of budgets, and refusals by inner mounts. A limiter takes back at most what was
 * counted, and so may refuse more than the model for a while; which is why limits do not change in the same history.
 */
const refunds: readonly { weight: number; arbitrary: fc.Arbitrary<Operation> }[] = [
  { weight: 3, arbitrary: settlement(budgets) },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant("request" as const),
      key: which,
      mounts: fc.array(mount, { minLength: 2, maxLength: 3 }),
      times: fc.integer({ min: 1, max: 3 }),
    }),
  },
];

const start = fc.oneof(
  fc.constant(Date.UTC(2026, 4, 1, 12)),
  fc.integer({ min: 0, max: 5000 }).map((before) => Date.UTC(2026, 4, 15) - before),
  fc.integer({ min: 0, max: HOUR_MS }).map((before) => Date.UTC(2026, 2, 29, 1) - before),
);

const historyOf = (
  steps: readonly { weight: number; arbitrary: fc.Arbitrary<Operation> }[],
): fc.Arbitrary<OperationHistory> =>
  fc.record({
    start,
    plans: fc.record({ default: plan, free: plan, pro: plan, visitors: limits }),
    steps: fc.array(fc.oneof(...steps), { minLength: 5, maxLength: 40 }),
  });

/** Histories in which plans and own limits change. */
export const changingHistories = historyOf([
  ...requests,
  ...lifecycle,
  ...changes,
  { weight: 2, arbitrary: settlement(fc.constant({})) },
]);

/** Histories in which costs are taken back in full. */
export const refundingHistories = historyOf([...requests, ...lifecycle, ...refunds]);
