import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import {
  createKeyward,
  memoryStore,
  type CreateKeyInput,
  type Keyward,
  type KeywardOptions,
} from "@keyward/core";
import { emitEvent } from "../../src/events.ts";
import { watchKeys, type Alert, type AlertOptions } from "@keyward/core/alerts";
import { writeLogs } from "@keyward/core/logs";
import { Webhook } from "standardwebhooks";
import { describe, expect, it, onTestFinished, vi } from "vitest";

const SECRET = "a secret for webhooks, long enough";
const DAY_MS = 86_400_000;
const START = Date.UTC(2026, 4, 1, 12);

function setUp(options: AlertOptions = {}, keyward: KeywardOptions = {}) {
  let now = START;
  const clock = () => now;
  const kw: Keyward = createKeyward({
    clock,
    plans: { default: { rate: 100, burst: 100, daily: 10 } },
    failedAttempts: { limit: 3 },
    ...keyward,
  });
  const alerted: Alert[] = [];
  const alerts = watchKeys(kw, { onAlert: (alert) => alerted.push(alert), clock, ...options });
  onTestFinished(async () => {
    await alerts.close();
    await kw.close();
  });
  const use = (raw: string, times = 1, ip = "198.51.100.7") =>
    Promise.all(Array.from({ length: times }, () => kw.admit({ header: () => raw, secure: true, ip })));
  const create = async (input: Partial<CreateKeyInput> = {}) => {
    const { key, secret } = await kw.keys.create({ name: "watched", ...input });
    return { key, raw: secret.reveal() };
  };
  return { kw, alerted, alerts, use, create, advance: (ms: number) => void (now += ms) };
}

const types = (alerts: readonly Alert[]) => alerts.map(({ type }) => type);

describe("watchKeys", () => {
  it("alerts at 80 % and 100 % of each calendar quota, once each per period", async () => {
    const { alerted, use, create, advance, alerts } = setUp();
    const { key, raw } = await create();
    await use(raw, 7);
    await use(raw, 2);
    await use(raw, 5);
    await alerts.check();
    expect(alerted).toMatchObject([
      {
        type: "quota",
        policy: "daily",
        percent: 80,
        used: 8,
        limit: 10,
        key: { id: key.id },
        periodEndsAt: new Date(START + DAY_MS / 2),
      },
      { type: "quota", percent: 100, used: 10, limit: 10 },
    ]);
    advance(DAY_MS);
    await use(raw, 10);
    await alerts.check();
    expect(alerted).toHaveLength(4);
    expect(new Set(alerted.map(({ id }) => id)).size).toBe(4);
    expect(JSON.stringify(alerted)).not.toContain(raw);
  });

  it("alerts once for an owner and a budget, whichever of its keys is used", async () => {
    const plans = { default: { rate: 100, owner: { monthly: 5 }, budgets: { search: { hourly: 4 } } } };
    const { kw, alerted, alerts } = setUp({ quotaPercent: [100] }, { plans });
    for (const name of ["a", "b"]) {
      const { secret } = await kw.keys.create({ name, ownerId: "acme" });
      const header = () => secret.reveal();
      for (let times = 0; times < 3; times += 1) {
        await kw.admit({ header, secure: true, ip: "", budgets: { search: 1 } });
      }
    }
    await alerts.check();
    expect(alerted).toMatchObject([{ policy: "search-hourly", used: 4, key: { ownerId: "acme" } }]);
  });

  it("alerts at the first use from another network, but not at the first use or in the same network", async () => {
    const { alerted, use, create, alerts } = setUp();
    const { raw } = await create({ limits: { rate: 100, burst: 100, daily: 1000 } });
    for (const ip of ["198.51.100.7", "198.51.100.200", "::ffff:198.51.100.9", ""]) await use(raw, 1, ip);
    for (const ip of ["203.0.113.5", "203.0.113.6", "2001:db8::1", "2001:db8:0:ff::2", "198.51.100.1"]) {
      await use(raw, 1, ip);
    }
    await alerts.check();
    expect(alerted).toMatchObject([
      { type: "new-network", ip: "203.0.113.5", network: "203.0.113.0/24" },
      { type: "new-network", ip: "2001:db8::1", network: "2001:db8::/56" },
    ]);
  });

  it("alerts of ten networks of a key in an hour, however many its holder has, and claims no more", async () => {
    const store = memoryStore();
    const claim = vi.spyOn(store, "claim");
    const { alerted, use, create, advance, alerts } = setUp({}, { store });
    const { raw } = await create({ limits: { rate: 1000, burst: 1000, daily: null } });
    const useEach = async (from: number) => {
      for (let index = from; index < from + 100; index += 1) await use(raw, 1, `2001:db8:${index}::1`);
      await alerts.check();
    };
    await useEach(0);
    expect(types(alerted)).toEqual(Array.from({ length: 10 }, () => "new-network"));
    // The first network is claimed without an alert.
    expect(claim).toHaveBeenCalledTimes(11);
    advance(3_600_000);
    await useEach(50);
    expect(alerted).toHaveLength(20);
    expect(alerted.at(-1)).toMatchObject({ ip: "2001:db8:59::1" });
  });

  it("alerts once an hour that a revoked key was tried", async () => {
    const { kw, alerted, use, create, advance, alerts } = setUp();
    const { key, raw } = await create();
    await kw.keys.revoke(key.id);
    await use(raw, 3);
    await alerts.check();
    expect(alerted).toMatchObject([{ type: "revoked-key-tried", ip: "198.51.100.7", key: { id: key.id } }]);
    advance(3_600_000);
    await use(raw, 3);
    await alerts.check();
    expect(alerted).toHaveLength(2);
  });

  it("alerts once per spike of failed attempts from any address", async () => {
    const { alerted, use, advance, alerts } = setUp({ failedAttempts: { limit: 10, windowMs: 60_000 } });
    for (let client = 0; client < 9; client += 1) await use("made up", 1, `203.0.113.${client}`);
    await use("made up", 20, "203.0.113.99");
    await alerts.check();
    expect(alerted).toMatchObject([{ type: "failed-attempts", count: 10, windowMs: 60_000 }]);
    advance(60_000);
    await use("made up", 9, "203.0.113.1");
    await alerts.check();
    expect(alerted).toHaveLength(1);
  });

  it("alerts 30, 14, 7 and 1 days before a key expires, once each", async () => {
    const { alerted, create, advance, alerts } = setUp();
    await create({ expiresAt: new Date(START + 40 * DAY_MS) });
    for (let day = 0; day < 41; day += 1) {
      await alerts.check();
      advance(DAY_MS);
    }
    const expiring = alerted.filter(({ type }) => type === "key-expiring") as { days: number }[];
    expect(expiring.map(({ days }) => days)).toEqual([30, 14, 7, 1]);
  });

  it("alerts about keys that are not used and that are overdue for rotation, but not about rotated ones", async () => {
    const { kw, alerted, create, advance, alerts } = setUp({}, { keyPolicy: { rotateAfterDays: 60 } });
    const { key } = await create();
    const { key: rotated } = await create({ expiresAt: new Date(START + 200 * DAY_MS) });
    advance(59 * DAY_MS);
    await kw.keys.rotate(rotated.id, { overlapMs: 100 * DAY_MS });
    await alerts.check();
    expect(alerted).toEqual([]);
    advance(DAY_MS);
    await alerts.check();
    expect(alerted).toMatchObject([{ type: "rotation-overdue", days: 60, key: { id: key.id } }]);
    advance(30 * DAY_MS);
    await alerts.check();
    await alerts.check();
    expect(types(alerted)).toEqual(["rotation-overdue", "key-unused"]);
    expect(alerted[1]).toMatchObject({ days: 90, key: { id: key.id } });
    expect(alerted[1]).not.toHaveProperty("lastUsedAt");
  });

  it("alerts that the store and the limiter fail, with codes in place of messages", async () => {
    const store = memoryStore();
    const { kw, alerted, alerts, use } = setUp(
      {},
      {
        store: {
          ...store,
          findByDigest() {
            throw Object.assign(new Error("postgres://user:password@db"), { code: "ECONNREFUSED" });
          },
        },
      },
    );
    const { secret } = await kw.keys.create({ name: "a" });
    await use(secret.reveal(), 2);
    emitEvent(kw.events, "limiter.degraded", { error: new Error("redis://user:password@cache") });
    await alerts.check();
    expect(alerted).toMatchObject([
      { type: "store-failing", during: "lookup", reason: "ECONNREFUSED" },
      { type: "limiter-degraded", reason: "unknown" },
    ]);
    expect(JSON.stringify(alerted)).not.toContain("password");
  });

  it("sends each alert once across processes and a restart", async () => {
    const store = { ...memoryStore(), close: async () => {} };
    const processes = Array.from({ length: 4 }, () => setUp({ quotaPercent: [80] }, { store }));
    const [first] = processes as [(typeof processes)[0]];
    const { raw } = await first.create({ expiresAt: new Date(START + 20 * DAY_MS) });
    const useAll = async (some: readonly (typeof processes)[0][]) => {
      for (const { use, alerts } of some) {
        await use(raw, 8);
        await use(raw, 1, "203.0.113.5");
        await use("made up", 100, "203.0.113.9");
        await alerts.check();
      }
    };
    await useAll(processes);
    for (const { kw } of processes) await kw.flush();
    const restarted = setUp({ quotaPercent: [80] }, { store });
    await useAll([restarted]);
    const alerted = [...processes, restarted].flatMap((each) => each.alerted);
    expect(types(alerted).toSorted()).toEqual(["failed-attempts", "key-expiring", "new-network", "quota"]);
  });

  it("calls onOwnerAlert with what concerns the owner's keys, without what an application keeps with them", async () => {
    const calls: unknown[] = [];
    const onOwnerAlert = (ownerId: string, alert: Alert) => void calls.push([ownerId, alert]);
    const { kw, alerts, use } = setUp({ onOwnerAlert, quotaPercent: [100] });
    const { secret } = await kw.keys.create({ name: "a", ownerId: "acme", metadata: { iban: "DE02" } });
    await use(secret.reveal(), 10);
    await use("made up", 100);
    await alerts.check();
    expect(calls).toMatchObject([["acme", { type: "quota", key: { ownerId: "acme", name: "a" } }]]);
    expect(JSON.stringify(calls)).not.toMatch(/metadata|DE02/);
  });

  it("is an event too, which logs record", async () => {
    const records: unknown[] = [];
    const { kw, use, create, alerts } = setUp({ quotaPercent: [100] });
    writeLogs(kw, { write: (record) => void records.push(record) });
    const { raw } = await create();
    await use(raw, 10);
    await alerts.check();
    expect(records).toContainEqual(
      expect.objectContaining({ event: "alert", level: "warn", type: "quota", percent: 100 }),
    );
  });

  it("warns about an onAlert that fails, also asynchronously, and decides requests as usual", async () => {
    const onAlert = (async () => {
      throw new Error("later");
    }) as unknown as () => void;
    const { create, use } = setUp({ onAlert });
    const { raw } = await create();
    const warned = once(process, "warning") as Promise<[Error]>;
    expect(await use(raw, 10)).toHaveLength(10);
    expect((await warned)[0].message).toMatch(/onAlert threw: Error: later/);
  });

  it("rejects invalid options", () => {
    const kw = createKeyward();
    const watch = (options: AlertOptions) => () => watchKeys(kw, options);
    expect(watch({ quotaPercent: [0] })).toThrow(/quotaPercent must be numbers above 0; got 0/);
    expect(watch({ unusedDays: Number.NaN })).toThrow(/unusedDays must be numbers above 0/);
    for (const url of ["http://hooks.example.com", "ftp://x", "nonsense"]) {
      expect(watch({ webhook: { url, secret: SECRET } })).toThrow(
        /webhook.url must be an https URL; got a string/,
      );
    }
    expect(watch({ webhook: { url: "https://x.example", secret: "short" } })).toThrow(
      /must be at least 24 bytes; got 5/,
    );
    expect(watch({ webhook: { url: "https://x.example", secret: undefined } })).toThrow(/webhook.secret/);
  });
});

interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A receiver that responds with these statuses in turn, the last one from then on; 0 never responds. */
async function startReceiver(...statuses: readonly number[]) {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += String(chunk);
    received.push({ headers: request.headers, body });
    const status = statuses[Math.min(received.length, statuses.length) - 1];
    if (status !== 0) response.writeHead(status ?? 200).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { received, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook` };
}

describe("the webhook", () => {
  it("is signed as Standard Webhooks requires, and contains no raw key", async () => {
    const { received, url } = await startReceiver(204);
    const secret = `whsec_${Buffer.from(SECRET).toString("base64")}`;
    const { use, create, alerted, alerts } = setUp({ webhook: { url, secret } });
    const { raw } = await create();
    await use(raw, 10);
    await alerts.close();
    expect(received).toHaveLength(2);
    for (const { headers, body } of received) {
      const payload = new Webhook(secret).verify(body, headers as Record<string, string>);
      expect(payload).toMatchObject({ type: "keyward.quota", data: { limit: 10 } });
      expect(body).not.toContain(raw);
      expect(() => new Webhook(secret).verify(`${body} `, headers as Record<string, string>)).toThrow(
        /signature/,
      );
    }
    expect(received.map(({ headers }) => headers["webhook-id"]).toSorted()).toEqual(
      alerted.map(({ id }) => id).toSorted(),
    );
  });

  it("sends the user and password of its URL as a header, and never repeats them", async () => {
    const { received, url } = await startReceiver(500);
    const warned = once(process, "warning") as Promise<[Error]>;
    const { use, create, alerts } = setUp({
      webhook: { url: url.replace("//", "//hook:p%40ss%2@"), secret: SECRET, maxAttempts: 1 },
      quotaPercent: [100],
    });
    const { raw } = await create();
    await use(raw, 10);
    await alerts.close();
    const sent = Buffer.from("hook:p@ss%2").toString("base64");
    expect(received.map(({ headers }) => headers.authorization)).toEqual([`Basic ${sent}`]);
    expect((await warned)[0].message).toMatch(/could not be sent/);
    expect((await warned)[0].message).not.toMatch(/ss%2/);
  });

  it("sends no metadata of keys", async () => {
    const { received, url } = await startReceiver(204);
    const { kw, use, alerts } = setUp({ webhook: { url, secret: SECRET }, quotaPercent: [100] });
    const { key, secret } = await kw.keys.create({ name: "a", metadata: { customer: { iban: "DE02" } } });
    await use(secret.reveal(), 10);
    await alerts.close();
    expect(received.map(({ body }) => JSON.parse(body).data.key.id)).toEqual([key.id]);
    expect(received[0]?.body).not.toMatch(/metadata|DE02/);
  });

  it("is retried with the same id until it succeeds", async () => {
    const { received, url } = await startReceiver(500, 503, 200);
    const { use, create, alerts } = setUp({ webhook: { url, secret: SECRET }, quotaPercent: [100] });
    const { raw } = await create();
    await use(raw, 10);
    await alerts.close();
    expect(received).toHaveLength(3);
    expect(new Set(received.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
  });

  it("delays no request, and is abandoned with a warning if the endpoint does not respond", async () => {
    const { url } = await startReceiver(0);
    const { use, create, alerts } = setUp({
      webhook: { url, secret: SECRET, timeoutMs: 50, maxAttempts: 2 },
      quotaPercent: [100],
    });
    const { raw } = await create();
    const startedAt = performance.now();
    await use(raw, 10);
    expect(performance.now() - startedAt).toBeLessThan(40);
    const warned = once(process, "warning") as Promise<[Error & { code?: string }]>;
    await alerts.close();
    const [warning] = await warned;
    expect(warning).toMatchObject({
      code: "KEYWARD_WEBHOOK",
      message: expect.stringMatching(/could not be sent/),
    });
  });
});
