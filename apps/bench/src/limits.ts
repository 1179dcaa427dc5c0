import { createKeyward, memoryLimiter, type AdmissionRequest, type Limits } from "@keyward/core";
import { BenchRequest, HUGE, PLENTY } from "./bench-request.ts";
import { compare } from "./measure.ts";
import { heading, line, target } from "./print.ts";

/** A request that charges a budget besides. */
class BudgetRequest extends BenchRequest {
  readonly budgets = { reports: 1 };
}

/** Time per admission for other limit shapes, as a multiple of that for a key with `{ rate, burst, daily }`. */
export async function benchLimits(): Promise<boolean[]> {
  const monthly: Limits = { ...PLENTY, monthly: HUGE, timeZone: "Europe/Berlin" };
  const kw = createKeyward({
    plans: {
      default: PLENTY,
      monthly,
      group: { ...PLENTY, owner: PLENTY, budgets: { reports: PLENTY } },
    },
  });
  const admitWith = async (
    plan: "default" | "monthly" | "group",
    options: { readonly ownerId?: string; readonly Request?: new (key: string) => AdmissionRequest } = {},
  ) => {
    const { ownerId, Request = BenchRequest } = options;
    const { secret } = await kw.keys.create({ name: plan, plan, ownerId });
    const raw = secret.reveal();
    const run = () => kw.admit(new Request(raw));
    await run();
    return run;
  };
  await kw.owners.update("acme", { plan: "group" });
  const limiter = memoryLimiter();
  const charge = (name: string) => ({ subject: name, limits: PLENTY, cost: 1, name });
  const group = [charge(""), charge("owner"), charge("reports")];
  const timings = await compare([
    { name: "key alone, rate, burst and daily", run: await admitWith("default") },
    { name: "the same and a monthly quota in a time zone", run: await admitWith("monthly") },
    {
      name: "key, owner and a budget",
      run: await admitWith("group", { ownerId: "acme", Request: BudgetRequest }),
    },
    { name: "the decision alone for one subject", run: () => limiter.consume("key", PLENTY, 1) },
    { name: "the decision alone for three subjects", run: () => limiter.consumeAll(group) },
  ]);
  heading("Limits of other shapes, in this process");
  for (const { name, ns } of timings) line(`${ns.toFixed(0).padStart(6)} ns  ${name}`);
  const [alone = 0, withMonth = 0, ofThree = 0] = timings.map(({ ns }) => ns);
  await kw.close();
  return [
    target("a monthly quota in a time zone, in times of none", withMonth / alone, { atMost: 1.05 }, "×"),
    target("key, owner and budget, in times of the key alone", ofThree / alone, { atMost: 1.9 }, "×"),
  ];
}
