import { createKeyward, type PlanInput } from "@keyward/core";
import { describe, expect, it } from "vitest";
import { checkPlans } from "../../src/limits/plans.ts";

describe("plans", () => {
  it.each<PlanInput>([
    "unlimited",
    { owner: { daily: 5 } },
    { budgets: { search: { rate: 5 } } },
    { budgets: { "full-text-2": { rate: 5 } }, mode: "observe" },
    {
      rate: 5,
      owner: { weekly: 5 },
      budgets: { a: { hourly: 1 }, b: { rate: 1, per: "hour" } },
      mode: "enforce",
    },
    { rate: 5, owner: undefined, budgets: undefined, mode: undefined },
  ])("can be %j", (plan) => {
    expect(() => createKeyward({ plans: { a: plan } })).not.toThrow();
  });

  const budgetName =
    'plans.a.budgets: a budget\'s name must be lower-case letters, digits and hyphens, begin with a letter, and not be "owner"; got ';
  it.each<[unknown, string]>([
    [{}, 'plans.a must have at least one limit, or be "unlimited".'],
    [{ mode: "observe" }, 'plans.a must have at least one limit, or be "unlimited".'],
    [{ budgets: {} }, 'plans.a must have at least one limit, or be "unlimited".'],
    [{ rate: undefined, owner: undefined }, 'plans.a must have at least one limit, or be "unlimited".'],
    ["free", 'plans.a must be an object of limits or "unlimited"; got "free".'],
    [null, 'plans.a must be an object of limits or "unlimited"; got null.'],
    [undefined, 'plans.a must be an object of limits or "unlimited"; got undefined.'],
    [[], 'plans.a must be an object of limits or "unlimited"; got an array.'],
    [200, 'plans.a must be an object of limits or "unlimited"; got 200.'],
    [{ daily: 1, mode: "off" }, 'plans.a.mode must be "enforce" or "observe"; got "off".'],
    [{ daily: 1, mode: null }, 'plans.a.mode must be "enforce" or "observe"; got null.'],
    [{ owner: {} }, "plans.a.owner must set at least one of rate, hourly, daily, weekly, monthly."],
    [{ owner: { burst: 5, daily: 1 } }, "plans.a.owner.rate must be set where burst or per is set."],
    [{ owner: { daily: 0 } }, "plans.a.owner.daily must be a whole number from 1 to 1000000000; got 0."],
    [{ owner: { mode: "observe", daily: 1 } }, "plans.a.owner.mode is not a limit; "],
    [
      { owner: "unlimited" },
      'plans.a.owner must be an object such as { rate: 200, burst: 500, daily: 2000 }; got "unlimited".',
    ],
    [{ budgets: [] }, "plans.a.budgets must be an object of limits by budget name; got an array."],
    [{ budgets: null }, "plans.a.budgets must be an object of limits by budget name; got null."],
    [
      { budgets: { search: {} } },
      "plans.a.budgets.search must set at least one of rate, hourly, daily, weekly, monthly.",
    ],
    [
      { budgets: { search: { rate: 5, burst: 1 } } },
      "plans.a.budgets.search.burst must not be below rate, 5; got 1.",
    ],
    [{ budgets: { owner: { daily: 1 } } }, `${budgetName}"owner".`],
    [{ budgets: { Search: { daily: 1 } } }, `${budgetName}"Search".`],
    [{ budgets: { "2nd": { daily: 1 } } }, `${budgetName}"2nd".`],
    [{ budgets: { "": { daily: 1 } } }, `${budgetName}"".`],
    [{ budgets: { "a|b": { daily: 1 } } }, `${budgetName}"a|b".`],
    [{ budgets: JSON.parse('{ "__proto__": { "daily": 1 } }') as object }, `${budgetName}"__proto__".`],
    [
      { rate: 5, timeZone: "UTC" },
      "plans.a.timeZone needs a quota: set one of hourly, daily, weekly, monthly.",
    ],
    [
      { timeZone: "UTC", owner: { daily: 1 } },
      "plans.a must set at least one of rate, hourly, daily, weekly, monthly.",
    ],
    [{ daily: 1, monthStartsOn: 5 }, "plans.a.monthStartsOn needs a monthly quota: set monthly."],
  ])("cannot be %j", (plan, message) => {
    expect(() => checkPlans({ a: plan })).toThrow(
      expect.objectContaining({ code: "invalid-option", message: expect.stringContaining(message) }),
    );
  });

  it("have names", () => {
    expect(() => checkPlans({ " ": { daily: 1 } })).toThrow("plans: a plan's name must not be empty.");
    for (const plans of [[], null, "free", 5]) {
      expect(() => checkPlans(plans)).toThrow(/^plans must be an object of limits by plan name; got /);
    }
  });

  it("include default, which can be configured", () => {
    expect(checkPlans(undefined).get("default")?.limits).toEqual({ rate: 200, burst: 500, daily: 2000 });
    expect(checkPlans({ a: { daily: 1 } }).get("default")?.limits).toEqual({
      rate: 200,
      burst: 500,
      daily: 2000,
    });
    expect(checkPlans({ default: { weekly: 1 } }).get("default")?.limits).toEqual({ weekly: 1 });
  });

  it("are described by configuration(), with the effective mode", () => {
    const kw = createKeyward({
      mode: "observe",
      plans: {
        default: { rate: 5, owner: { monthly: 7 }, budgets: { search: { hourly: 3 } } },
        strict: { daily: 1, mode: "enforce" },
        internal: "unlimited",
        shared: { owner: { daily: 2 } },
      },
    });
    expect(kw.configuration().plans).toEqual([
      {
        name: "default",
        limits: { rate: 5 },
        owner: { monthly: 7 },
        budgets: { search: { hourly: 3 } },
        mode: "observe",
      },
      { name: "strict", limits: { daily: 1 }, mode: "enforce" },
      { name: "internal", mode: "observe" },
      { name: "shared", owner: { daily: 2 }, mode: "observe" },
    ]);
    kw.setMode("enforce");
    kw.setMode("observe", { plan: "strict" });
    expect(kw.configuration().plans.map(({ mode }) => mode)).toEqual([
      "enforce",
      "observe",
      "enforce",
      "enforce",
    ]);
    expect(() => kw.setMode("enforce", { plan: "nope" as "default" })).toThrow(
      'the plan of setMode must be one of default, strict, internal, shared; got "nope".',
    );
    expect(() => kw.setMode("off" as "enforce")).toThrow(
      'setMode must be "enforce" or "observe"; got "off".',
    );
  });
});
