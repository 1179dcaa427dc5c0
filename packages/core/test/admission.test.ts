import {
  createKeyward,
  memoryLimiter,
  memoryStore,
  type AdmissionRequest,
  type Decision,
  type Keyward,
  type KeywardOptions,
  type Limiter,
} from "@keyward/core";
import { describe, expect, it } from "vitest";

interface Asked extends Partial<AdmissionRequest> {
  readonly key?: string;
}

function ask(kw: Keyward, { key, ...more }: Asked): Promise<Decision> | Decision {
  return kw.admit({
    header: (name) => (name === "x-api-key" ? key : undefined),
    secure: true,
    ip: "203.0.113.1",
    ...more,
  });
}

async function withKey(options: KeywardOptions = {}) {
  const kw = createKeyward(options);
  const { key, secret } = await kw.keys.create({ name: "a" });
  return { kw, key, raw: secret.reveal() };
}

describe("events", () => {
  it("tell of admitted and refused requests with the record of the key, and nothing of the raw key", async () => {
    const { kw, key, raw } = await withKey({ plans: { default: { rate: 1, burst: 1, daily: 1 } } });
    const heard: unknown[] = [];
    kw.events.on("admitted", (event) => heard.push(["admitted", event]));
    const stop = kw.events.on("refused", (event) => heard.push(["refused", event]));
    await ask(kw, { key: raw });
    await ask(kw, { key: raw });
    await ask(kw, { key: `${raw}!` });
    stop();
    await ask(kw, { key: raw });
    expect(heard).toEqual([
      [
        "admitted",
        {
          key: expect.objectContaining({ id: key.id }),
          cost: 1,
          observed: [],
          ip: "203.0.113.1",
          limits: { rate: 1, burst: 1, daily: 1 },
          remaining: { sustained: 0, burst: 0, daily: 0 },
        },
      ],
      [
        "refused",
        {
          code: "rate-limit-exceeded",
          status: 429,
          ip: "203.0.113.1",
          key: expect.objectContaining({ id: key.id }),
          violated: ["sustained", "burst", "daily"],
        },
      ],
      ["refused", { code: "invalid-api-key", status: 401, ip: "203.0.113.1", violated: [] }],
    ]);
    expect(JSON.stringify(heard)).not.toContain(raw);
  });

  it("a listener that throws harms no request, and is warned of", async () => {
    const { kw, raw } = await withKey();
    kw.events.on("admitted", () => {
      throw new Error("listener");
    });
    const warned = new Promise<Error>((resolve) => process.once("warning", resolve));
    expect(await ask(kw, { key: raw })).toMatchObject({ admitted: true });
    expect((await warned).message).toMatch(/listener of "admitted" threw/);
  });
});

describe("what a caller can get wrong", () => {
  it("a cost that is no whole number is an error, and counts nothing", async () => {
    const { kw, key, raw } = await withKey();
    await ask(kw, { key: raw });
    for (const cost of [-1, 0.5, Number.NaN, Infinity, "3" as unknown as number]) {
      await expect(async () => ask(kw, { key: raw, cost })).rejects.toThrow(
        /cost: got .*, wants a whole number/,
      );
    }
    expect((await kw.quota(key)).remaining.daily).toBe(1999);
  });

  it("a plan that the server lost falls back to the default, and says so", async () => {
    const store = memoryStore();
    const before = createKeyward({
      secret: "x".repeat(32),
      store,
      plans: { gold: { rate: 9, burst: 9, daily: 9 } },
    });
    const { key, secret } = await before.keys.create({ name: "a", plan: "gold" });
    const told: unknown[] = [];
    const after = createKeyward({
      secret: "x".repeat(32),
      store,
      events: { "plan.unknown": (event) => told.push(event) },
    });
    const decision = await ask(after, { key: secret.reveal() });
    expect(decision.headers["RateLimit-Policy"]).toContain("q=2000");
    expect(told).toEqual([{ keyId: key.id, plan: "gold" }]);
  });

  it("a decision of another server's is not taken for this one's", async () => {
    const { kw, raw } = await withKey();
    const other = await withKey();
    const previous = await ask(other.kw, { key: other.raw });
    expect(await ask(kw, { key: undefined as unknown as string, previous })).toMatchObject({
      admitted: false,
    });
    expect(await ask(kw, { key: raw, previous })).toMatchObject({ admitted: true, key: { name: "a" } });
    const forged = {
      admitted: true,
      key: previous.admitted ? previous.key : undefined,
      headers: {},
    } as Decision;
    expect(await ask(kw, { previous: forged })).toMatchObject({ admitted: false });
  });
});

describe("plain HTTP", () => {
  it("from this machine counts as local only if the socket says so too", async () => {
    const { kw, raw } = await withKey({ requireHttps: { allowLoopback: true } });
    const plain = (connection: AdmissionRequest["connection"], ip = "127.0.0.1") =>
      ask(kw, { key: raw, secure: false, ip, connection });
    expect(await plain(undefined)).toMatchObject({ admitted: true });
    expect(await plain({ encrypted: false, peer: "::1", trustedProxy: false })).toMatchObject({
      admitted: true,
    });
    expect(await plain({ encrypted: false, peer: "203.0.113.9", trustedProxy: false })).toMatchObject({
      admitted: false,
    });
    expect(await plain({ encrypted: false, peer: "127.0.0.1", trustedProxy: true })).toMatchObject({
      admitted: false,
    });
    expect(await plain(undefined, "203.0.113.9")).toMatchObject({ admitted: false });
  });
});

describe("a key that came in clear", () => {
  const kwOptions = { onPlaintextKey: "revoke" } as const;
  const over = (kw: Keyward, key: string, connection: AdmissionRequest["connection"]) =>
    ask(kw, { key, secure: false, connection });
  const socket = { encrypted: false, peer: "203.0.113.7", trustedProxy: false };

  it("is revoked only if the very socket proves it", async () => {
    const { kw, key, raw } = await withKey(kwOptions);
    const proofless = [
      undefined,
      { ...socket, encrypted: true },
      { ...socket, trustedProxy: true },
      { ...socket, peer: "127.0.0.1" },
      { ...socket, peer: "::ffff:127.0.0.1" },
      { ...socket, peer: "" },
    ];
    for (const connection of proofless) {
      expect(await over(kw, raw, connection)).toMatchObject({
        status: 403,
        problem: { code: "https-required" },
      });
      expect((await kw.keys.get(key.id))?.status).toBe("active");
    }
    await over(kw, raw, socket);
    expect((await kw.keys.get(key.id))?.status).toBe("revoked");
    expect((await kw.audit.list({ keyId: key.id })).entries[0]).toMatchObject({ address: "203.0.113.7" });
  });

  it("is refused all the same if the store fails to revoke it, and that is told", async () => {
    const failed: unknown[] = [];
    const store = { ...memoryStore(), change: () => Promise.reject(new Error("down")) };
    const { kw, raw } = await withKey({
      ...kwOptions,
      store,
      events: { "store.failed": (event) => failed.push(event) },
    });
    const decision = await over(kw, raw, socket);
    expect(decision).toMatchObject({ status: 403, problem: { code: "https-required" } });
    expect(!decision.admitted && decision.problem.detail).not.toMatch(/revoked/);
    expect(failed).toEqual([{ during: "revocation", error: new Error("down") }]);
  });
});

describe("a key in clear that is none to revoke", () => {
  const socket = { encrypted: false, peer: "203.0.113.7", trustedProxy: false };
  const plain = (kw: Keyward, key: string | undefined) =>
    ask(kw, { ...(key !== undefined && { key }), secure: false, connection: socket });

  it("is refused as any other request over plain HTTP, and nothing is revoked or written", async () => {
    let now = Date.UTC(2026, 4, 1);
    const { kw, raw } = await withKey({ onPlaintextKey: "revoke", clock: () => now });
    const expiring = await kw.keys.create({ name: "short", expiresAt: new Date(now + 1000) });
    now += 1000;
    const forged = `${raw.slice(0, -8)}aaaaaaaa`;
    const unknown = (await createKeyward({ secret: "x".repeat(32) }).keys.create({ name: "else" })).secret;
    const details = new Set<string>();
    for (const key of [undefined, "", "nonsense", forged, unknown.reveal(), expiring.secret.reveal()]) {
      const decision = await plain(kw, key);
      expect(decision).toMatchObject({ status: 403, problem: { code: "https-required" } });
      if (!decision.admitted) details.add(decision.problem.detail);
    }
    expect(details.size).toBe(1);
    expect((await kw.audit.list()).entries.map(({ action }) => action)).toEqual([
      "key.created",
      "key.created",
    ]);
    // One that lives is told that it no longer does.
    const revoked = await plain(kw, raw);
    expect(!revoked.admitted && revoked.problem.detail).toMatch(/and was revoked/);
    expect(await plain(kw, raw)).toMatchObject({ problem: { detail: [...details][0] } });
  });
});

describe("a limiter that answers later", () => {
  const answer = memoryLimiter();
  const limiterOf = (consume: Limiter["consume"]): Limiter => ({
    consume,
    peek: (...given) => answer.peek(...given),
    reset: (subject) => answer.reset(subject),
    async close() {},
  });

  it("is waited for, and its failure is told and answered with 503", async () => {
    const failures: unknown[] = [];
    const events = { "limiter.failed": ({ error }: { error: unknown }) => void failures.push(error) };
    const good = limiterOf(async (...given) => answer.consume(...given));
    const { kw, raw } = await withKey({ limiter: good, events });
    expect(await ask(kw, { key: raw })).toMatchObject({ admitted: true });

    for (const consume of [
      () => Promise.reject(new Error("gone")),
      () => {
        throw new Error("gone");
      },
    ]) {
      const bad = await withKey({ limiter: limiterOf(consume), events });
      expect(await ask(bad.kw, { key: bad.raw })).toMatchObject({
        status: 503,
        problem: { code: "limiter-unavailable" },
        headers: { "Retry-After": "1" },
      });
    }
    expect(failures).toEqual([new Error("gone"), new Error("gone")]);
  });
});

describe("usage", () => {
  it("is exact after a clean stop, and an outage of the store loses none of it", async () => {
    const store = memoryStore();
    let down = true;
    const failing: unknown[] = [];
    const flaky = {
      ...store,
      addUsage: (batch: Parameters<typeof store.addUsage>[0]) => {
        if (down) throw new Error("down");
        return store.addUsage(batch);
      },
    };
    const { kw, key, raw } = await withKey({
      store: flaky,
      events: { "store.failed": (event) => failing.push(event) },
    });
    for (let count = 0; count < 10; count += 1) await ask(kw, { key: raw, cost: 2 });
    await expect(kw.usage.flush()).rejects.toThrow("down");
    for (let count = 0; count < 5; count += 1) await ask(kw, { key: raw });
    down = false;
    await kw.close();
    const [hour] = await store.queryUsage({ keyId: key.id, from: 0, to: Number.MAX_SAFE_INTEGER });
    expect(hour).toMatchObject({ admitted: 15, cost: 25, refused: 0 });
  });

  it("says when a key was last used, and from where", async () => {
    const { kw, key, raw } = await withKey();
    await ask(kw, { key: raw });
    await kw.usage.flush();
    const used = await kw.keys.get(key.id);
    expect(used).toMatchObject({ lastUsedAt: expect.any(Date), lastUsedAddress: "203.0.113.1" });
    await ask(kw, { key: "prod_nonsense" });
    expect((await kw.keys.get(key.id))?.lastUsedAt).toEqual(used?.lastUsedAt);
  });

  it("is kept for as many days as was said", async () => {
    const DAY_MS = 86_400_000;
    let now = Date.UTC(2025, 5, 1, 12);
    const { kw, key, raw } = await withKey({ clock: () => now, usage: { keepDays: 2 } });
    for (let day = 0; day < 5; day += 1) {
      await ask(kw, { key: raw });
      await kw.usage.flush();
      now += DAY_MS;
    }
    const all = { from: new Date(0), to: new Date(now), per: "day" } as const;
    const days = (await kw.usage.query({ keyId: key.id, ...all })).map(({ start }) => start.getUTCDate());
    expect(days).toEqual([3, 4, 5]);
  });

  it("is told for all keys of an owner together", async () => {
    const { kw } = await withKey();
    for (const name of ["a", "b"]) {
      const { secret } = await kw.keys.create({ name, ownerId: "blue" });
      await ask(kw, { key: secret.reveal(), cost: 5 });
    }
    const today = { from: new Date(Date.now() - 60_000), to: new Date(), per: "day" } as const;
    const rows = await kw.usage.query({ ownerId: "blue", ...today });
    expect(rows.reduce((sum, { cost }) => sum + cost, 0)).toBe(10);
  });

  it("refuses a question that makes no sense", async () => {
    const { kw, key } = await withKey();
    const now = new Date();
    await expect(kw.usage.query({ keyId: key.id, from: now, to: now, per: "week" as "day" })).rejects.toThrow(
      /per: got week/,
    );
    await expect(
      kw.usage.query({ keyId: key.id, from: 5 as unknown as Date, to: now, per: "day" }),
    ).rejects.toThrow(/from: got 5/);
    for (const whose of [{}, { keyId: "a", ownerId: "b" }]) {
      const input = { ...whose, from: now, to: now, per: "day" } as Parameters<typeof kw.usage.query>[0];
      await expect(kw.usage.query(input)).rejects.toThrow(/either keyId or ownerId/);
    }
  });
});
