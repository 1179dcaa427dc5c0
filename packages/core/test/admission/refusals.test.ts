import {
  createKeyward,
  memoryStore,
  type AdmissionRequest,
  type Decision,
  type KeywardOptions,
} from "@keyward/core";
import { describe, expect, it } from "vitest";
import { countingStore } from "../counting-store.ts";
import { SECRET } from "../secrets.ts";

const START = Date.UTC(2026, 4, 1, 12);

function setUp(options: KeywardOptions = {}) {
  let now = START;
  const refused: { code: string; keyId: string | undefined; requestId: string | undefined }[] = [];
  const kw = createKeyward({
    clock: () => now,
    environments: ["prod", "staging"],
    ...options,
    events: {
      refused: ({ code, key, requestId }) => void refused.push({ code, keyId: key?.id, requestId }),
      ...options.events,
    },
  });
  const ask = async (key: string | undefined, more: Partial<AdmissionRequest> = {}): Promise<Decision> =>
    kw.admit({
      header: (name) => (name === "x-api-key" ? key : undefined),
      secure: true,
      ip: "203.0.113.1",
      ...more,
    });
  return { kw, ask, refused, advance: (ms: number) => void (now += ms) };
}

function problemOf(decision: Decision) {
  if (decision.admitted) throw new Error("It was admitted.");
  return { ...decision.problem, headers: decision.headers };
}

describe("a refusal", () => {
  it("is emitted with the key, where one was recognized", async () => {
    const { kw, ask, refused, advance } = setUp();
    const revoked = await kw.keys.create({ name: "revoked" });
    await kw.keys.revoke(revoked.key.id);
    const expiring = await kw.keys.create({ name: "expiring", expiresAt: new Date(START + 1000) });
    const scoped = await kw.keys.create({ name: "scoped", scopes: ["a"] });
    await ask(revoked.secret.reveal());
    expect(await ask(expiring.secret.reveal())).toMatchObject({ admitted: true });
    advance(1000);
    await ask(expiring.secret.reveal());
    const insufficient = problemOf(await ask(scoped.secret.reveal(), { scopes: ["a", "b", "c"] }));
    await ask("nonsense");
    expect(refused.map(({ code, keyId }) => [code, keyId])).toEqual([
      ["revoked-api-key", revoked.key.id],
      ["expired-api-key", expiring.key.id],
      ["insufficient-scope", scoped.key.id],
      ["invalid-api-key", undefined],
    ]);
    expect(insufficient).toMatchObject({
      "required-scopes": ["a", "b", "c"],
      detail: "This request requires the scopes a, b, c. The key does not have b, c.",
    });
    expect("violated-policies" in insufficient).toBe(false);
  });

  it("names the accepted environments to a key for another environment", async () => {
    const store = memoryStore();
    const elsewhere = createKeyward({ store, secret: SECRET, environments: ["test"] });
    const { secret: raw, key } = await elsewhere.keys.create({ name: "a" });
    const { ask, refused } = setUp({ store, secret: SECRET });
    expect(problemOf(await ask(raw.reveal()))).toMatchObject({
      code: "wrong-environment",
      detail: 'The key is for the environment "test"; this server accepts prod, staging.',
    });
    expect(refused).toMatchObject([{ code: "wrong-environment", keyId: key.id }]);
  });

  it("by a limit names the limit and the waiting time, in words and in fields", async () => {
    const limits = { rate: 1, burst: 2, daily: 3 };
    const { kw, ask, advance } = setUp({ plans: { default: limits } });
    const raw = (await kw.keys.create({ name: "a" })).secret.reveal();
    await ask(raw, { cost: 2 });
    expect(problemOf(await ask(raw, { cost: 2 }))).toMatchObject({
      detail: "Rate limit exceeded: 3 requests per day (UTC). Retry in 12 h.",
      "violated-policies": ["sustained", "burst", "daily"],
    });
    expect(problemOf(await ask(raw))).toMatchObject({
      detail: "Rate limit exceeded: 2 requests in any second. Retry in 1 s.",
      "violated-policies": ["sustained", "burst"],
      headers: { "Retry-After": "1" },
    });
    advance(1200);
    const both = problemOf(await ask(raw, { cost: 2 }));
    expect(both).toMatchObject({
      detail: "Rate limit exceeded: 3 requests per day (UTC). Retry in 12 h.",
    });
    expect(both["violated-policies"]).toEqual(["sustained", "daily"]);
    const slow = setUp({ plans: { default: { rate: 1, burst: 2, daily: 100 } } });
    const other = (await slow.kw.keys.create({ name: "a" })).secret.reveal();
    await slow.ask(other, { cost: 2 });
    slow.advance(1200);
    expect(problemOf(await slow.ask(other, { cost: 2 }))).toMatchObject({
      detail: "Rate limit exceeded: 1 request per second. Retry in 1 s.",
      "violated-policies": ["sustained"],
    });
    expect("required-scopes" in both).toBe(false);
  });
});

describe("failed attempts", () => {
  const options = { failedAttempts: { limit: 2, windowMs: 60_000, maxClients: 1 } };

  it("over the limit get the waiting time until the window ends", async () => {
    const { ask } = setUp(options);
    await ask("nonsense");
    await ask(undefined);
    const third = problemOf(await ask("nonsense"));
    expect(third).toMatchObject({
      code: "too-many-failed-attempts",
      status: 429,
      headers: { "RateLimit-Policy": '"failed-attempts";q=2;w=60' },
    });
    const seconds = Number(third.headers["Retry-After"]);
    expect(seconds).toBeGreaterThan(50);
    expect(seconds).toBeLessThanOrEqual(60);
    expect(third.headers["RateLimit"]).toBe(`"failed-attempts";r=0;t=${seconds}`);
  });

  it("of the client that was not seen for longest are forgotten when there are too many clients", async () => {
    const { ask } = setUp(options);
    for (let times = 0; times < 2; times += 1) await ask("nonsense");
    expect(problemOf(await ask("nonsense", { ip: "203.0.113.2" })).code).toBe("invalid-api-key");
    expect(problemOf(await ask("nonsense")).code).toBe("invalid-api-key");
  });

  it("are not counted if disabled, also for keys that were issued elsewhere", async () => {
    const { ask } = setUp({ failedAttempts: false, importedKeys: /^sk_\w{20}$/ });
    for (let times = 0; times < 100; times += 1) {
      expect(problemOf(await ask("nonsense")).code).toBe("invalid-api-key");
      expect(problemOf(await ask("sk_abcdefghijklmnopqrst")).code).toBe("invalid-api-key");
    }
  });
});

describe("a look-up", () => {
  it("is never made for a value of less than 16 or more than 256 bytes, whatever the form of imported keys", async () => {
    const { store, lookUps } = countingStore();
    const { ask } = setUp({ store, importedKeys: /^.*$/s, failedAttempts: false });
    const varied = "abcdefgh".repeat(32);
    for (const key of ["", `${varied}a`, varied.slice(0, 15)]) await ask(key);
    expect(lookUps()).toBe(0);
    for (const key of [varied, varied.slice(0, 16)]) await ask(key);
    expect(lookUps()).toBe(2);
  });
});

describe("the text of a limit refusal", () => {
  it.each([
    [{ rate: 1, per: "minute" as const }, 2, "1 request in any minute. Retry in 60 s."],
    [{ rate: 5, per: "hour" as const }, 6, "5 requests in any hour. Retry in 60 min."],
    [{ hourly: 1000 }, 1001, "1,000 requests per hour (UTC). Retry in 60 min."],
    [{ weekly: 7, timeZone: "Asia/Kathmandu" }, 8, "7 requests per week (Asia/Kathmandu). Retry in 55 h."],
    [{ monthly: 7 }, 8, "7 requests per month (UTC). Retry in 732 h."],
    [{ owner: { daily: 3 } }, 4, "3 requests per day (UTC) for all keys of this customer. Retry in 12 h."],
    [{ owner: { rate: 2 } }, 3, "2 requests in any second for all keys of this customer. Retry in 1 s."],
  ])("describes %j", async (plan, times, text) => {
    const { kw, ask } = setUp({ plans: { default: plan } });
    const raw = (await kw.keys.create({ name: "a", ownerId: "acme" })).secret.reveal();
    for (let count = 1; count < times; count += 1) expect((await ask(raw)).admitted).toBe(true);
    expect(problemOf(await ask(raw))).toMatchObject({ detail: `Rate limit exceeded: ${text}` });
  });

  it("describes a budget by its name", async () => {
    const { kw, ask } = setUp({ plans: { default: { daily: 9, budgets: { "full-text": { hourly: 2 } } } } });
    const raw = (await kw.keys.create({ name: "a" })).secret.reveal();
    const search = { budgets: { "full-text": 2 } };
    await ask(raw, search);
    expect(problemOf(await ask(raw, search))).toMatchObject({
      detail: "Rate limit exceeded: 2 requests per hour (UTC) for full-text. Retry in 60 min.",
      "violated-policies": ["full-text-hourly"],
    });
  });
});

describe("a plan", () => {
  it("that exists is not reported as unknown", async () => {
    const unknown: string[] = [];
    const { kw, ask } = setUp({ events: { "plan.unknown": ({ plan }) => void unknown.push(plan) } });
    await ask((await kw.keys.create({ name: "a" })).secret.reveal());
    expect(unknown).toEqual([]);
  });
});

describe("the id of a request", () => {
  it("is in the response and in events, and is made once for all mounts if the client sent none", async () => {
    const admitted: (string | undefined)[] = [];
    const { kw, ask, refused } = setUp({
      requestIdHeader: "x-request-id",
      events: { admitted: ({ requestId }) => void admitted.push(requestId) },
    });
    const raw = (await kw.keys.create({ name: "a" })).secret.reveal();
    const named = (name: string | undefined): Partial<AdmissionRequest> => ({
      header: (header) => (header === "x-request-id" ? name : raw),
    });
    const sent = await ask(raw, named("from-the-proxy"));
    expect(sent.headers["x-request-id"]).toBe("from-the-proxy");
    const generated = await ask(raw, named(undefined));
    const name = generated.headers["x-request-id"];
    expect(name).toMatch(/^[\w-]{36}$/);
    const inner = await ask(raw, { ...named(undefined), previous: generated, cost: 2 });
    expect(inner.headers["x-request-id"]).toBe(name);
    const refusal = await ask(raw, { ...named(undefined), previous: inner, scopes: ["a"] });
    expect(refusal.headers["x-request-id"]).toBe(name);
    expect(admitted).toEqual(["from-the-proxy", name, name]);
    expect(refused).toMatchObject([{ requestId: name }]);
  });

  it("is generated for a request whose id contains a key", async () => {
    const { kw, ask } = setUp({ requestIdHeader: "x-request-id" });
    const raw = (await kw.keys.create({ name: "a" })).secret.reveal();
    for (const sent of [raw, `id-${raw}`, `${raw}0`]) {
      const header = (name: string) => (name === "x-request-id" ? sent : raw);
      expect((await ask(raw, { header })).headers["x-request-id"]).toMatch(/^[\w-]{36}$/);
    }
  });

  it("is absent without requestIdHeader", async () => {
    const { kw, ask, refused } = setUp();
    const raw = (await kw.keys.create({ name: "a" })).secret.reveal();
    const header = (name: string) => (name === "x-api-key" ? raw : "from-the-proxy");
    const decisions = [await ask(raw, { header }), await ask("nonsense", { header: () => "nonsense" })];
    for (const { headers } of decisions)
      expect(Object.keys(headers).join()).not.toMatch(/request-id|undefined/i);
    expect(refused).toEqual([{ code: "invalid-api-key", keyId: undefined, requestId: undefined }]);
  });
});
