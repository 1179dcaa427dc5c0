import {
  createKeyward,
  memoryStore,
  type AdmissionRequest,
  type Decision,
  type KeywardOptions,
} from "@keyward/core";
import { describe, expect, it } from "vitest";
import { countingStore } from "../counting-store.ts";

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
  it("tells who listens which key it was of, where it is known", async () => {
    const { kw, ask, refused, advance } = setUp();
    const revoked = await kw.keys.create({ name: "revoked" });
    await kw.keys.revoke(revoked.key.id);
    const expiring = await kw.keys.create({ name: "expiring", expiresAt: new Date(START + 1000) });
    const scoped = await kw.keys.create({ name: "scoped", scopes: ["a"] });
    await ask(revoked.secret.reveal());
    expect(await ask(expiring.secret.reveal())).toMatchObject({ admitted: true });
    advance(1000);
    await ask(expiring.secret.reveal());
    const lacking = problemOf(await ask(scoped.secret.reveal(), { scopes: ["a", "b", "c"] }));
    await ask("nonsense");
    expect(refused.map(({ code, keyId }) => [code, keyId])).toEqual([
      ["revoked-api-key", revoked.key.id],
      ["expired-api-key", expiring.key.id],
      ["insufficient-scope", scoped.key.id],
      ["invalid-api-key", undefined],
    ]);
    expect(lacking).toMatchObject({
      "required-scopes": ["a", "b", "c"],
      detail: "The request needs the scopes a, b, c, and the key has not all of them.",
    });
    expect("violated-policies" in lacking).toBe(false);
  });

  it("names the environments that there are to who has a key of another", async () => {
    const store = memoryStore();
    const secret = "s".repeat(32);
    const elsewhere = createKeyward({ store, secret, environments: ["test"] });
    const { secret: raw, key } = await elsewhere.keys.create({ name: "a" });
    const { ask, refused } = setUp({ store, secret });
    expect(problemOf(await ask(raw.reveal()))).toMatchObject({
      code: "wrong-environment",
      detail: 'The key is for the environment "test"; this server accepts prod, staging.',
    });
    expect(refused).toMatchObject([{ code: "wrong-environment", keyId: key.id }]);
  });

  it("for a limit says which, and how long to wait, in words and in fields", async () => {
    const limits = { rate: 1, burst: 2, daily: 3 };
    const { kw, ask, advance } = setUp({ plans: { default: limits } });
    const raw = (await kw.keys.create({ name: "a" })).secret.reveal();
    await ask(raw, { cost: 2 });
    expect(problemOf(await ask(raw, { cost: 2 }))).toMatchObject({
      detail: "The key has used its 3 requests of this UTC day. Wait 43200 s, then go on.",
      "violated-policies": ["sustained", "burst", "daily"],
    });
    expect(problemOf(await ask(raw))).toMatchObject({
      detail: "The key has used its 2 requests in one second. Wait 1 s, then go on.",
      "violated-policies": ["sustained", "burst"],
      headers: { "Retry-After": "1" },
    });
    advance(1200);
    const both = problemOf(await ask(raw, { cost: 2 }));
    expect(both).toMatchObject({
      detail: "The key has used its 3 requests of this UTC day. Wait 43199 s, then go on.",
    });
    expect(both["violated-policies"]).toEqual(["sustained", "daily"]);
    const slow = setUp({ plans: { default: { rate: 1, burst: 2, daily: 100 } } });
    const other = (await slow.kw.keys.create({ name: "a" })).secret.reveal();
    await slow.ask(other, { cost: 2 });
    slow.advance(1200);
    expect(problemOf(await slow.ask(other, { cost: 2 }))).toMatchObject({
      detail: "The key has used its 1 requests a second. Wait 1 s, then go on.",
      "violated-policies": ["sustained"],
    });
    expect("required-scopes" in both).toBe(false);
  });
});

describe("failed attempts", () => {
  const options = { failedAttempts: { limit: 2, windowMs: 60_000, maxClients: 1 } };

  it("are answered with how long to wait, for as long as the window lasts", async () => {
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

  it("of the client that was unseen for longest are forgotten when there are too many to count", async () => {
    const { ask } = setUp(options);
    for (let times = 0; times < 2; times += 1) await ask("nonsense");
    expect(problemOf(await ask("nonsense", { ip: "203.0.113.2" })).code).toBe("invalid-api-key");
    expect(problemOf(await ask("nonsense")).code).toBe("invalid-api-key");
  });

  it("are not counted where that was asked for, nor for keys that were issued elsewhere", async () => {
    const { ask } = setUp({ failedAttempts: false, importedKeys: /^sk_\w{20}$/ });
    for (let times = 0; times < 100; times += 1) {
      expect(problemOf(await ask("nonsense")).code).toBe("invalid-api-key");
      expect(problemOf(await ask("sk_abcdefghijklmnopqrst")).code).toBe("invalid-api-key");
    }
  });
});

describe("what is looked up", () => {
  it("excludes headers that are empty, under 16 or over 256 bytes, whatever form imported keys have", async () => {
    const { store, lookUps } = countingStore();
    const { ask } = setUp({ store, importedKeys: /^.*$/s, failedAttempts: false });
    const varied = "abcdefgh".repeat(32);
    for (const key of ["", `${varied}a`, varied.slice(0, 15)]) await ask(key);
    expect(lookUps()).toBe(0);
    for (const key of [varied, varied.slice(0, 16)]) await ask(key);
    expect(lookUps()).toBe(2);
  });
});

describe("a plan", () => {
  it("that counts by owner counts each owner's keys together, and apart from others'", async () => {
    const { kw, ask } = setUp({ plans: { default: { rate: 3, burst: 3, daily: 3, countBy: "owner" } } });
    const keyOf = async (ownerId: string) => kw.keys.create({ name: "a", ownerId });
    const [one, two, other] = [await keyOf("acme"), await keyOf("acme"), await keyOf("else")];
    await ask(one.secret.reveal(), { cost: 2 });
    expect((await kw.quota(two.key)).remaining.daily).toBe(1);
    expect((await kw.quota(other.key)).remaining.daily).toBe(3);
  });

  it("that is there is nothing to tell of", async () => {
    const unknown: string[] = [];
    const { kw, ask } = setUp({ events: { "plan.unknown": ({ plan }) => void unknown.push(plan) } });
    await ask((await kw.keys.create({ name: "a" })).secret.reveal());
    expect(unknown).toEqual([]);
  });
});

describe("the name of a request", () => {
  it("is in the answer and in what is told of it, made up once for all its mounts if the client gave none", async () => {
    const admitted: (string | undefined)[] = [];
    const { kw, ask, refused } = setUp({
      requestIdHeader: "x-request-id",
      events: { admitted: ({ requestId }) => void admitted.push(requestId) },
    });
    const raw = (await kw.keys.create({ name: "a" })).secret.reveal();
    const named = (name: string | undefined): Partial<AdmissionRequest> => ({
      header: (header) => (header === "x-request-id" ? name : raw),
    });
    const given = await ask(raw, named("from-the-proxy"));
    expect(given.headers["x-request-id"]).toBe("from-the-proxy");
    const made = await ask(raw, named(undefined));
    const name = made.headers["x-request-id"];
    expect(name).toMatch(/^[\w-]{36}$/);
    const inner = await ask(raw, { ...named(undefined), previous: made, cost: 2 });
    expect(inner.headers["x-request-id"]).toBe(name);
    const lacking = await ask(raw, { ...named(undefined), previous: inner, scopes: ["a"] });
    expect(lacking.headers["x-request-id"]).toBe(name);
    expect(admitted).toEqual(["from-the-proxy", name, name]);
    expect(refused).toMatchObject([{ requestId: name }]);
  });

  it("is nowhere if it was not asked for", async () => {
    const { kw, ask, refused } = setUp();
    const raw = (await kw.keys.create({ name: "a" })).secret.reveal();
    const header = (name: string) => (name === "x-api-key" ? raw : "from-the-proxy");
    const decisions = [await ask(raw, { header }), await ask("nonsense", { header: () => "nonsense" })];
    for (const { headers } of decisions)
      expect(Object.keys(headers).join()).not.toMatch(/request-id|undefined/i);
    expect(refused).toEqual([{ code: "invalid-api-key", keyId: undefined, requestId: undefined }]);
  });
});
