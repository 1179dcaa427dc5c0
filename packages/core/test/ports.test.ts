import { runInNewContext } from "node:vm";
import {
  createKeyward,
  memoryLimiter,
  memoryStore,
  type Keyward,
  type KeywardOptions,
  type Limiter,
} from "@keyward/core";
import { describe, expect, it } from "vitest";
import { ask, NOON } from "./admission/set-up.ts";
import { SECRET } from "./secrets.ts";

const ForeignPromise = runInNewContext("Promise") as PromiseConstructor;

/** Like the queries of Prisma, Knex or Drizzle: it starts when it is awaited, and is not a promise. */
function query(call: () => unknown): object {
  const then = (...listeners: never[]) =>
    Promise.resolve()
      .then(call)
      .then(...listeners);
  return new Proxy({}, { get: (_target, name) => (name === "then" ? then : undefined) });
}

/** Ways in which stores and limiters return what they promise. */
const RETURNS: readonly [string, (call: () => unknown) => unknown][] = [
  ["promises", async (call) => call()],
  ["promises of another realm", (call) => new ForeignPromise((resolve) => resolve(call()))],
  ["thenables that start when they are awaited", query],
];
const AT_ONCE = new Set<PropertyKey>(["watch", "close"]);

function returning<T extends object>(port: T, how: (call: () => unknown) => unknown): T {
  return new Proxy(port, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function" || AT_ONCE.has(name)) return value;
      return (...args: unknown[]) => how(() => Reflect.apply(value, target, args));
    },
  });
}

function limiterReturning(how: (call: () => unknown) => unknown): Limiter {
  const { consume, consumeAll, peek, reset, correct } = returning(memoryLimiter({ clock }), how);
  return { consume, consumeAll, peek, reset, correct, close: async () => {} } as Limiter;
}

const clock = () => NOON;
const plans = { default: { rate: 2, burst: 2, daily: 10, owner: { daily: 50 } } };

async function use(kw: Keyward): Promise<unknown[]> {
  const { key, secret } = await kw.keys.create({ name: "a", ownerId: "acme" });
  const raw = secret.reveal();
  const decisions = [];
  for (let times = 0; times < 3; times += 1) decisions.push(await ask(kw, { key: raw }));
  const [outer, second] = decisions;
  if (second?.admitted === true) await second.settle({ cost: 3 });
  // Refused at an inner mount: what the outer one counted is taken back.
  decisions.push(await ask(kw, { key: raw, previous: outer, scopes: ["none"] }));
  const successor = await kw.keys.rotate(key.id);
  return [
    ...decisions.map((decision) => (decision.admitted ? decision.key?.name : decision.problem.code)),
    (await kw.quota(key)).remaining,
    (await kw.owners.list()).owners.length,
    (await kw.keys.identify(successor.secret.reveal()))?.id === successor.key.id,
    (await kw.keys.list()).keys.length,
    (await kw.audit.list()).events.length,
    (await kw.health()).status,
  ];
}

describe.each(RETURNS)("a store and a limiter that return %s", (_what, how) => {
  it("behave like those that return values", async () => {
    const expected = await use(createKeyward({ plans, clock }));
    expect(expected.slice(0, 5)).toEqual([
      "a",
      "a",
      "rate-limit-exceeded",
      "insufficient-scope",
      {
        sustained: 1,
        burst: 1,
        daily: 7,
        "owner-daily": 47,
      },
    ]);
    expect(await use(createKeyward({ plans, clock, store: returning(memoryStore(), how) }))).toEqual(
      expected,
    );
    expect(await use(createKeyward({ plans, clock, limiter: limiterReturning(how) }))).toEqual(expected);
  });

  it("fail like those that throw", async () => {
    const failed: unknown[] = [];
    const events = {
      "store.failed": ({ error }: { error: unknown }) => void failed.push(error),
      "limiter.failed": ({ error }: { error: unknown }) => void failed.push(error),
    };
    const down = () =>
      how(() => {
        throw new Error("down");
      });
    const { raw, store } = await seeded();
    for (const [options, code] of [
      [{ store: { ...store, findByDigest: down } }, "key-store-unavailable"],
      [
        { store, limiter: { ...limiterReturning(how), consume: down, consumeAll: down } },
        "limiter-unavailable",
      ],
    ] as const) {
      const kw = createKeyward({ secret: SECRET, events, ...options } as KeywardOptions);
      expect(await ask(kw, { key: raw })).toMatchObject({ status: 503, problem: { code } });
    }
    expect(failed).toEqual([new Error("down"), new Error("down")]);
  });
});

async function seeded() {
  const store = memoryStore();
  const kw = createKeyward({ secret: SECRET, store });
  return { store, raw: (await kw.keys.create({ name: "a" })).secret.reveal() };
}

it("rejects a store that was not awaited, whatever kind of promise it is", () => {
  for (const store of [ForeignPromise.resolve(memoryStore()), query(memoryStore)]) {
    expect(() => createKeyward({ store: store as never })).toThrow(/store must be awaited/);
  }
});

it("accepts dates and patterns of another realm", async () => {
  const { ForeignDate, pattern } = runInNewContext("({ ForeignDate: Date, pattern: /^sk_\\w{20}$/ })") as {
    ForeignDate: typeof Date;
    pattern: RegExp;
  };
  const kw = createKeyward({
    importedKeys: pattern,
    onPlaintextKey: { revoke: true, confirmedUntil: new ForeignDate(0) },
  });
  const expiresAt = new ForeignDate(Date.now() + 60_000);
  const { key } = await kw.keys.create({ name: "a", expiresAt });
  expect(key.expiresAt?.getTime()).toBe(expiresAt.getTime());
  const day = { from: new ForeignDate(0), to: expiresAt, per: "day" } as const;
  expect(await kw.usage.query({ keyId: key.id, ...day })).toEqual([]);
});

it("warns about a failing async listener, which does not end the process", async () => {
  const kw = createKeyward();
  kw.events.on("key.created", (async () => {
    throw new Error("later");
  }) as () => void);
  const warned = new Promise<Error>((resolve) => process.once("warning", resolve));
  await kw.keys.create({ name: "a" });
  expect((await warned).message).toMatch(/listener of "key.created" threw: Error: later/);
});

describe("observe mode with a limiter that fails", () => {
  it.each<[string, () => never | Promise<never>]>([
    [
      "throws",
      () => {
        throw new Error("down");
      },
    ],
    ["rejects", () => Promise.reject(new Error("down"))],
  ])("admits when it %s, without limits in the response, and reports it", async (_how, consume) => {
    const recorded: unknown[] = [];
    const kw = createKeyward({
      limiter: { ...limiterReturning((call) => call()), consume },
      mode: "observe",
      events: {
        "limiter.failed": () => void recorded.push("limiter.failed"),
        admitted: ({ observed, remaining }) => void recorded.push([observed, remaining]),
      },
    });
    const { key, secret } = await kw.keys.create({ name: "a" });
    const decision = await ask(kw, { key: secret.reveal() });
    expect(decision).toMatchObject({ admitted: true, headers: {} });
    expect(Object.keys(decision.headers)).toEqual([]);
    expect(recorded).toEqual(["limiter.failed", [[], {}]]);
    const day = { from: new Date(Date.now() - 1000), to: new Date(), per: "day" } as const;
    expect(await kw.usage.query({ keyId: key.id, ...day })).toMatchObject([{ admitted: 1, observed: 0 }]);
    // A plan that is enforced still refuses, and an inner mount takes nothing back that was not counted.
    expect(await ask(kw, { key: secret.reveal(), previous: decision, scopes: ["none"] })).toMatchObject({
      problem: { code: "insufficient-scope" },
    });
    kw.setMode("enforce");
    expect(await ask(kw, { key: secret.reveal() })).toMatchObject({ status: 503 });
    await kw.close();
  });
});
