import { createKeyward, KeywardError, memoryStore, type KeywardOptions } from "@keyward/core";
import { describe, expect, it } from "vitest";

const GOOD = "x".repeat(32);
const durable = () => ({ ...memoryStore(), durable: true });

/** Options that are wrong, and what the error must say: the option, what it got, what it wants. */
const MISTAKES: readonly [string, unknown, RegExp][] = [
  ["no object", null, /createKeyward: got null, wants an object/],
  ["an unknown option", { sceret: GOOD }, /got "sceret", wants an option it has: secret, store/],
  ["a short secret", { secret: "short" }, /secret: got one of 5 bytes, wants at least 32.*randomBytes/],
  ["one short secret of two", { secret: [GOOD, "short"] }, /secret: got one of 5 bytes/],
  ["no secret in the list", { secret: [] }, /secret: got \[\], wants at least one/],
  ["a secret that is a number", { secret: 7 }, /secret: got a number, wants a string/],
  [
    "no secret for a durable store",
    { store: durable() },
    /secret: is missing, and the key store is durable.*randomBytes/,
  ],
  [
    "a store that is a path",
    { store: "keyward.db" },
    /store: got "keyward.db", wants an object with findByDigest/,
  ],
  ["a store that was not awaited", { store: Promise.resolve(memoryStore()) }, /store: got a promise/],
  ["a limiter without methods", { limiter: {} }, /limiter: got .*, wants an object with consume/],
  ["plans that are an array", { plans: [] }, /plans: got , wants an object/],
  [
    "a plan that is a number",
    { plans: { default: 200 } },
    /plans.default.rate: got undefined, wants a whole number/,
  ],
  ["a rate of 0", { plans: { default: { rate: 0, burst: 1, daily: 1 } } }, /plans.default.rate: got 0/],
  ["half a request", { plans: { a: { rate: 1, burst: 1.5, daily: 1 } } }, /plans.a.burst: got 1.5/],
  ["an endless day", { plans: { a: { rate: 1, burst: 1, daily: Infinity } } }, /plans.a.daily: got Infinity/],
  [
    "a burst below the rate",
    { plans: { a: { rate: 5, burst: 4, daily: 9 } } },
    /plans.a.burst: got 4, wants at least the rate, 5/,
  ],
  [
    "a limit that is none",
    { plans: { a: { rate: 1, burst: 1, daily: 1, hourly: 1 } } },
    /plans.a.hourly: not a limit/,
  ],
  [
    "counting by address",
    { plans: { a: { rate: 1, burst: 1, daily: 1, countBy: "ip" } } },
    /countBy: got ip, wants "key" or "owner"/,
  ],
  ["a plan's mode", { plans: { a: { rate: 1, burst: 1, daily: 1, mode: "off" } } }, /plans.a.mode: got off/],
  ["no environments", { environments: [] }, /environments: got \[\]/],
  ["an environment in capitals", { environments: ["PROD"] }, /environments: got "PROD"/],
  ["a header with a space", { header: "x api key" }, /header: got "x api key", wants a header name/],
  [
    "a header that Node thins out",
    { header: "Authorization" },
    /header: got "Authorization", wants a header that Node does not thin out/,
  ],
  [
    "requireHttps as text",
    { requireHttps: "yes" },
    /requireHttps: got "yes", wants true, false or \{ allowLoopback/,
  ],
  ["requireHttps: null", { requireHttps: { allowLoopback: 1 } }, /requireHttps/],
  [
    "onPlaintextKey",
    { onPlaintextKey: "delete" },
    /onPlaintextKey: got "delete", wants "refuse" or "revoke"/,
  ],
  ["a mode", { mode: "report" }, /mode: got report, wants "enforce" or "observe"/],
  ["failedAttempts as a number", { failedAttempts: 5 }, /failedAttempts: got 5/],
  [
    "no failed attempts at all",
    { failedAttempts: { limit: 0 } },
    /failedAttempts.limit: got 0, wants a whole number from 1/,
  ],
  ["a window below a second", { failedAttempts: { windowMs: 10 } }, /failedAttempts.windowMs: got 10/],
  ["a cache as a number", { cache: 5 }, /cache: got 5/],
  ["a cache lifetime in text", { cache: { lifetimeMs: "5s" } }, /cache.lifetimeMs: got "5s"/],
  ["an empty cache", { cache: { maxKeys: 0 } }, /cache.maxKeys: got 0/],
  ["a form of keys as text", { importedKeys: "sk_" }, /importedKeys: got "sk_", wants a regular expression/],
  ["usage that is kept for no day", { usage: { keepDays: 0 } }, /usage.keepDays: got 0/],
  ["legacyHeaders as text", { legacyHeaders: "true" }, /legacyHeaders: got "true", wants true or false/],
  ["a realm that ends its quotes", { realm: 'a"b' }, /realm: got "a\\"b", wants printable ASCII/],
  ["a line break in the problem types", { problemTypeBase: "a\nb" }, /problemTypeBase/],
  [
    "a listener of no event",
    { events: { admited: () => {} } },
    /events: got "admited", wants one of admitted, refused/,
  ],
  [
    "a listener that is no function",
    { events: { refused: true } },
    /events\["refused"\]: got true, wants a function/,
  ],
  ["a clock that stands still", { clock: 0 }, /clock: got 0, wants a function/],
];

describe("createKeyward", () => {
  for (const [mistake, options, message] of MISTAKES) {
    it(`refuses ${mistake}, and says what is wrong and what is wanted`, () => {
      const make = () => createKeyward(options as KeywardOptions);
      expect(make).toThrow(KeywardError);
      expect(make).toThrow(
        expect.objectContaining({ code: "invalid-option", message: expect.stringMatching(message) }),
      );
    });
  }

  it("never repeats a secret in an error", () => {
    for (const secret of ["a short one", [GOOD, "a short one"]]) {
      expect(() => createKeyward({ secret })).toThrow(
        expect.objectContaining({ message: expect.not.stringContaining("a short one") }),
      );
    }
  });

  it("needs nothing where nothing is to last", async () => {
    const kw = createKeyward();
    const { key } = await kw.keys.create({ name: "first" });
    expect(key.environment).toBe("prod");
    expect((await kw.quota(key)).limits).toEqual({ rate: 200, burst: 500, daily: 2000 });
    await kw.close();
    await kw.close();
  });

  it("does not change what it is given, nor heed later changes to it", async () => {
    const options = { environments: ["prod"], plans: { default: { rate: 1, burst: 1, daily: 1 } } };
    const kw = createKeyward(options);
    expect(options).toEqual({ environments: ["prod"], plans: { default: { rate: 1, burst: 1, daily: 1 } } });
    options.environments.push("test");
    options.plans.default.rate = 1000;
    await expect(kw.keys.create({ name: "a", environment: "test" })).rejects.toThrow(
      /environment: got "test", wants one of prod/,
    );
    const { key } = await kw.keys.create({ name: "a" });
    expect((await kw.quota(key)).limits.rate).toBe(1);
  });

  it("names the file that explains a mistake", () => {
    expect(new KeywardError("invalid-option", "…").help).toBe(
      "node_modules/@keyward/core/errors/invalid-option.md",
    );
  });

  it("says at start that plain HTTP is taken", async () => {
    const warned = new Promise<Error>((resolve) => process.once("warning", resolve));
    createKeyward({ requireHttps: { allowLoopback: true } });
    expect(await warned).toMatchObject({
      message: expect.stringMatching(/plain HTTP from this machine.*local work only/),
      code: "KEYWARD_PLAIN_HTTP",
      detail: "Explained in node_modules/@keyward/core/errors/KEYWARD_PLAIN_HTTP.md",
    });
  });
});
