import {
  createKeyward,
  KeywardError,
  leakReceiver,
  memoryStore,
  type Keyward,
  type KeywardOptions,
} from "@keyward/core";
import { checkKeyward } from "@keyward/core/adapter";
import { watchKeys } from "@keyward/core/alerts";
import { redisLimiter } from "@keyward/core/redis";
import { describe, expect, it } from "vitest";
import { SECRET } from "./secrets.ts";

const durable = () => ({ ...memoryStore(), durable: true });

const webhook = (url: string, secret: string) => ({ webhook: { url, secret } });

/** Wrong options, and what the error must say: the option, what is accepted, what was passed. */
const MISTAKES: readonly [string, unknown, RegExp][] = [
  [
    "a value that is not an object",
    null,
    /the argument of createKeyward must be an object of options; got null/,
  ],
  [
    "an unknown option",
    { sceret: SECRET },
    /createKeyward has no option "sceret"; its options are secret, store/,
  ],
  ["a short secret", { secret: "short" }, /secret must be at least 32 bytes; got 5\..*randomBytes/],
  ["one short secret of two", { secret: [SECRET, "short"] }, /secret must be at least 32 bytes; got 5\./],
  [
    "one secret of two with a space",
    { secret: [SECRET, ` ${SECRET}`] },
    /secret must not begin or end with white space/,
  ],
  [
    "no secret in the list",
    { secret: [] },
    /secret must be a string or an array of strings; got an empty array/,
  ],
  ["a secret that is a number", { secret: 7 }, /secret must be a string or an array of strings; got 7/],
  [
    "no secret for a durable store",
    { store: durable() },
    /secret is missing. The key store is durable.*randomBytes/,
  ],
  [
    "a store that is a path",
    { store: "keyward.db" },
    /store must be an object with findByDigest.*; got a string of 10 characters/,
  ],
  [
    "a store that was not awaited",
    { store: Promise.resolve(memoryStore()) },
    /store must be awaited before it is passed; got a promise/,
  ],
  ["a limiter without methods", { limiter: {} }, /limiter must be an object with consume.*; got an object/],
  [
    "plans that are an array",
    { plans: [] },
    /^plans must be an object of limits by plan name; got an array\.$/,
  ],
  [
    "a plan that is a number",
    { plans: { default: 200 } },
    /^plans\.default must be an object of limits or "unlimited"; got 200\.$/,
  ],
  [
    "a rate of 0",
    { plans: { default: { rate: 0, burst: 1, daily: 1 } } },
    /plans.default.rate must be .*; got 0/,
  ],
  [
    "half a request",
    { plans: { a: { rate: 1, burst: 1.5, daily: 1 } } },
    /plans.a.burst must be .*; got 1.5/,
  ],
  [
    "an infinite day",
    { plans: { a: { rate: 1, burst: 1, daily: Infinity } } },
    /plans.a.daily must be .*; got Infinity/,
  ],
  [
    "a burst below the rate",
    { plans: { a: { rate: 5, burst: 4, daily: 9 } } },
    /^plans\.a\.burst must not be below rate, 5; got 4\.$/,
  ],
  [
    "an unknown limit",
    { plans: { a: { rate: 1, burst: 1, daily: 1, yearly: 1 } } },
    /^plans\.a\.yearly is not a limit; there are rate, per, burst, hourly, daily, weekly, monthly, timeZone, monthStartsOn\.$/,
  ],
  [
    "an unknown field of a plan",
    { plans: { a: { rate: 1, burst: 1, daily: 1, countBy: "owner" } } },
    /^plans\.a\.countBy is not a limit; /,
  ],
  [
    "an unknown mode of a plan",
    { plans: { a: { rate: 1, burst: 1, daily: 1, mode: "off" } } },
    /plans.a.mode must be "enforce" or "observe"; got "off"/,
  ],
  [
    "a secret of one character",
    { secret: "x".repeat(40) },
    /^secret must have at least 10 different characters\. Make one/,
  ],
  [
    "a secret with a line break",
    { secret: `${SECRET}\n` },
    /^secret must not begin or end with white space, such as a line break\. /,
  ],
  [
    "a secret that repeats one part",
    { secret: "abcdefghijkl".repeat(3) },
    /^secret must not repeat one part\. /,
  ],
  [
    "a weak second secret",
    { secret: [SECRET, "0123456789abcdef0123456789abcdef"] },
    /^secret must not be an example from the documentation\. /,
  ],
  ["no environments", { environments: [] }, /environments must be an array of names.*; got an empty array/],
  ["an environment in capitals", { environments: ["PROD"] }, /environments must be names of .*; got "PROD"/],
  [
    "requireHttps as text",
    { requireHttps: "yes" },
    /requireHttps must be true, false or \{ allowLoopback: true \}; got "yes"/,
  ],
  [
    "allowLoopback as a number",
    { requireHttps: { allowLoopback: 1 } },
    /requireHttps must be .*; got an object/,
  ],
  [
    "onPlaintextKey",
    { onPlaintextKey: "delete" },
    /onPlaintextKey must be "refuse", "revoke" or \{ revoke: true, confirmedUntil: Date \}; got "delete"/,
  ],
  [
    "a confirmation without a time",
    { onPlaintextKey: { revoke: true } },
    /onPlaintextKey must be .*; got an object/,
  ],
  [
    "a confirmation as text",
    { onPlaintextKey: { revoke: true, confirmedUntil: "2026-01-01" } },
    /onPlaintextKey must be .*; got an object/,
  ],
  [
    "an invalid time of confirmation",
    { onPlaintextKey: { revoke: true, confirmedUntil: new Date("soon") } },
    /onPlaintextKey.confirmedUntil must be a time in the past; got "Invalid Date"/,
  ],
  [
    "a confirmation in the future",
    { onPlaintextKey: { revoke: true, confirmedUntil: new Date(Date.now() + 60_000) } },
    /onPlaintextKey.confirmedUntil must be a time in the past/,
  ],
  ["a mode", { mode: "report" }, /mode must be "enforce" or "observe"; got "report"/],
  ["failedAttempts as a number", { failedAttempts: 5 }, /failedAttempts must be .*; got 5/],
  [
    "a limit of 0 failed attempts",
    { failedAttempts: { limit: 0 } },
    /failedAttempts.limit must be a whole number from 1; got 0/,
  ],
  [
    "a window below a second",
    { failedAttempts: { windowMs: 10 } },
    /failedAttempts.windowMs must be .*; got 10/,
  ],
  ["a cache as a number", { cache: 5 }, /cache must be .*; got 5/],
  ["a cache lifetime in text", { cache: { lifetimeMs: "5s" } }, /cache.lifetimeMs must be .*; got "5s"/],
  ["an empty cache", { cache: { maxKeys: 0 } }, /cache.maxKeys must be .*; got 0/],
  [
    "importedKeys as text",
    { importedKeys: "sk_" },
    /importedKeys must be a regular expression such as .*; got a string of 3 characters/,
  ],
  ["usage that is kept for 0 days", { usage: { keepDays: 0 } }, /usage.keepDays must be .*; got 0/],
  ["legacyHeaders as text", { legacyHeaders: "true" }, /legacyHeaders must be true or false; got "true"/],
  ["a realm with quotes", { realm: 'a"b' }, /realm must be printable ASCII.*; got "a\\"b"/],
  [
    "a line break in the problem types",
    { problemTypeBase: "a\nb" },
    /problemTypeBase must be printable ASCII/,
  ],
  [
    "a listener of an unknown event",
    { events: { admited: () => {} } },
    /events must be names of events: admitted, refused.*; got "admited"/,
  ],
  [
    "a listener that is not a function",
    { events: { refused: true } },
    /events\["refused"\] must be a function; got true/,
  ],
  ["a clock that is a number", { clock: 0 }, /clock must be a function that returns milliseconds; got 0/],
];

describe("createKeyward", () => {
  for (const [mistake, options, message] of MISTAKES) {
    it(`rejects ${mistake}, and names what is accepted`, () => {
      const make = () => createKeyward(options as KeywardOptions);
      expect(make).toThrow(KeywardError);
      expect(make).toThrow(
        expect.objectContaining({ code: "invalid-option", message: expect.stringMatching(message) }),
      );
    });
  }

  it.each<[string, (secret: string) => unknown]>([
    ["the argument", (secret) => createKeyward(secret as KeywardOptions)],
    ["secret", (secret) => createKeyward({ secret: secret.slice(0, 20) })],
    ["one of several secrets", (secret) => createKeyward({ secret: [SECRET, secret.slice(0, 20)] })],
    ["a list in a list of secrets", (secret) => createKeyward({ secret: [SECRET, [secret]] as never })],
    ["store", (secret) => createKeyward({ store: `postgres://app:${secret}@db/keys` as never })],
    ["limiter", (secret) => createKeyward({ limiter: `redis://:${secret}@cache` as never })],
    ["importedKeys", (secret) => createKeyward({ importedKeys: secret as never })],
    ["clock", (secret) => createKeyward({ clock: secret as never })],
    ["events", (secret) => createKeyward({ events: secret as never })],
    ["a listener", (secret) => createKeyward({ events: { refused: secret as never } })],
    ["an adapter", (secret) => checkKeyward(secret)],
    ["the principal", (secret) => createKeyward().as(secret as never)],
    ["the options of leakReceiver", (secret) => leakReceiver(createKeyward(), secret as never)],
    ["redisLimiter", (secret) => redisLimiter(`redis://:${secret}@cache` as never)],
    ["redisLimiter client", (secret) => redisLimiter({ client: `redis://:${secret}@cache` as never })],
    [
      "webhook.url",
      (secret) => watchKeys(createKeyward(), webhook(`http://hook:${secret}@hooks.example`, SECRET)),
    ],
    [
      "webhook.secret",
      (secret) => watchKeys(createKeyward(), webhook("https://x.example", secret.slice(0, 20))),
    ],
  ])("never repeats text in an error about %s, since it may be a secret", (_option, make) => {
    const secret = "4f1c2b7e9d3a5f6081726354aabbccdd";
    expect(() => make(secret)).toThrow(
      expect.objectContaining({
        code: "invalid-option",
        message: expect.not.stringMatching(new RegExp(secret.slice(0, 8))),
      }),
    );
  });

  it("masks a raw key that was passed in place of something else, in every error", async () => {
    const kw: Keyward = createKeyward({ importedKeys: /^sk_live_\w{24}$/ });
    const raw = (await kw.keys.create({ name: "a" })).secret.reveal();
    const foreign = "sk_live_4eC39HqLyjWDarjtT1zdp7dc";
    for (const act of [
      (text: string) => kw.keys.revoke(text),
      (text: string) => kw.keys.rotate(text),
      (text: string) => kw.keys.update(text, { name: "b" }),
    ]) {
      await expect(act(raw)).rejects.toThrow(/There is no key with this id/);
      await expect(act(foreign)).rejects.toThrow(/There is no key with this id/);
    }
    for (const act of [
      () => kw.keys.create({ name: "a", plan: raw }),
      () => kw.keys.create({ name: "a", environment: raw }),
      () => kw.keys.create({ name: `${raw}\n` }),
    ]) {
      await expect(act()).rejects.toThrow(/got "prod_\*{8}-\*{4}-\*{4}-/);
      await expect(act()).rejects.not.toThrow(raw);
    }
  });

  it("needs no options without a durable store", async () => {
    const kw = createKeyward();
    const { key } = await kw.keys.create({ name: "first" });
    expect(key.environment).toBe("prod");
    expect((await kw.quota(key)).limits).toEqual({ rate: 200, burst: 500, daily: 2000 });
    await kw.close();
    await kw.close();
  });

  it("copies its options", async () => {
    const options = { environments: ["prod"], plans: { default: { rate: 1, burst: 1, daily: 1 } } };
    const kw = createKeyward(options);
    expect(options).toEqual({ environments: ["prod"], plans: { default: { rate: 1, burst: 1, daily: 1 } } });
    options.environments.push("test");
    options.plans.default.rate = 1000;
    await expect(kw.keys.create({ name: "a", environment: "test" })).rejects.toThrow(
      'environment must be one of prod; got "test".',
    );
    const { key } = await kw.keys.create({ name: "a" });
    expect((await kw.quota(key)).limits.rate).toBe(1);
  });

  it("names the file that explains a mistake", () => {
    expect(new KeywardError("invalid-option", "…").help).toBe("@keyward/core/ERRORS.md#invalid-option");
  });

  it("warns at start that plain HTTP is accepted", async () => {
    const warned = new Promise<Error>((resolve) => process.once("warning", resolve));
    createKeyward({ requireHttps: { allowLoopback: true } });
    expect(await warned).toMatchObject({
      message: expect.stringMatching(/plain HTTP from this machine.*local work only/),
      code: "KEYWARD_PLAIN_HTTP",
      detail: "Explained in @keyward/core/ERRORS.md#keyward_plain_http",
    });
  });
});
