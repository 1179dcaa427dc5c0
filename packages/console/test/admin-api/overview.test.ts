import { memoryStore, type ApiKey, type Keyward, type KeywardOptions } from "@keyward/core";
import { describe, expect, it } from "vitest";
import { setUp } from "./set-up.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

interface OverviewBody {
  readonly keys: Record<string, number>;
  readonly hours: readonly { readonly admitted: number; readonly refused: number }[];
  readonly [list: string]: unknown;
}

/** A key with its raw form, and a way to use it. */
async function keyOf(kw: Keyward, name: string, ownerId?: string) {
  const { key, secret } = await kw.keys.create({ name, ownerId });
  const use = async (times: number, ip = "198.51.100.7") => {
    for (let count = 0; count < times; count += 1) {
      await kw.admit({ header: () => secret.reveal(), secure: true, ip });
    }
  };
  return { ...key, use };
}

describe("the overview", () => {
  function start(options: KeywardOptions = {}) {
    let offsetMs = 0;
    const console = setUp({
      clock: () => Date.now() + offsetMs,
      store: memoryStore(),
      plans: { default: { daily: 10 }, free: { daily: 100, owner: { monthly: 12 } } },
      keyPolicy: { rotateAfterDays: 90 },
      ...options,
    });
    const read = async (as = "ada") => {
      const { status, text } = await console.ask("GET", "/overview", { as });
      expect(status).toBe(200);
      return JSON.parse(text) as OverviewBody;
    };
    return { ...console, read, advance: (ms: number) => void (offsetMs += ms) };
  }

  it("has traffic, the largest consumers, quotas nearly used up, and keys that need attention", async () => {
    const { kw, read, advance } = start();
    advance(-100 * DAY_MS);
    const old = await keyOf(kw, "old", "acme");
    advance(60 * DAY_MS);
    const unused = await keyOf(kw, "unused", "umbrella");
    advance(40 * DAY_MS);
    const busy = await keyOf(kw, "busy", "acme");
    const own = await keyOf(kw, "own");
    const expiresAt = new Date(Date.now() + 3 * DAY_MS);
    const { key: trial } = await kw.keys.create({ name: "trial", ownerId: "acme", expiresAt });
    const revoked = await keyOf(kw, "revoked", "umbrella");
    const paused = await keyOf(kw, "paused");
    await kw.owners.update("acme", { plan: "free" });
    await kw.keys.pause(paused.id);
    await busy.use(9);
    await own.use(12);
    await old.use(2);
    await kw.keys.revoke(revoked.id);
    await revoked.use(3, "203.0.113.9");
    for (const ip of ["192.0.2.1", "192.0.2.200", "2001:db8::1"]) {
      await kw.admit({ header: () => "prod_aaaaaaaa-bbbb-cccc-dddddddd", secure: true, ip });
    }
    const overview = await read();
    const refer = ({ id, name, ownerId }: Pick<ApiKey, "id" | "name" | "ownerId">) => ({
      id,
      name,
      ownerId: ownerId ?? null,
    });
    expect(overview.keys).toEqual({ active: 5, paused: 1, expiring: 1, unused: 1, overdue: 1 });
    const sum = (of: "admitted" | "refused") => overview.hours.reduce((total, hour) => total + hour[of], 0);
    expect([sum("admitted"), sum("refused")]).toEqual([21, 5]);
    expect(overview["topKeys"]).toEqual([
      { key: refer(own), admitted: 10, refused: 2 },
      { key: refer(busy), admitted: 9, refused: 0 },
      { key: refer(old), admitted: 2, refused: 0 },
    ]);
    expect(overview["mostRefused"]).toEqual([
      { key: refer(revoked), admitted: 0, refused: 3 },
      { key: refer(own), admitted: 10, refused: 2 },
    ]);
    expect(overview["topOwners"]).toEqual([{ ownerId: "acme", admitted: 11, refused: 0 }]);
    expect(overview["nearQuota"]).toMatchObject([
      { key: refer(own), policy: "daily", used: 10, limit: 10 },
      { key: { ownerId: "acme" }, policy: "owner-monthly", used: 11, limit: 12 },
    ]);
    expect(overview["expiring"]).toEqual([{ key: refer(trial), expiresAt: expiresAt.toISOString() }]);
    expect(overview["unused"]).toMatchObject([{ key: refer(unused), lastUsedAt: null }]);
    expect(overview["overdue"]).toMatchObject([{ key: refer(old) }]);
    expect(overview["revokedInUse"]).toMatchObject([
      { key: refer(revoked), count: 3, lastAddress: "203.0.113.9" },
    ]);
    expect(overview["failedAttempts"]).toMatchObject([
      { network: "192.0.2.0/24", count: 2 },
      { network: "2001:db8::/56", count: 1 },
    ]);
  });

  it("of a customer is about its own keys, and has no attempts of others", async () => {
    const { kw, read } = start();
    const theirs = await keyOf(kw, "theirs", "umbrella");
    const ours = await keyOf(kw, "ours", "acme");
    await theirs.use(11);
    await ours.use(9);
    await kw.keys.revoke(theirs.id);
    await theirs.use(1);
    await kw.admit({ header: () => "prod_x", secure: true, ip: "192.0.2.1" });
    const overview = await read("jane@acme");
    expect(JSON.stringify(overview)).not.toMatch(/umbrella|theirs|192\.0\.2/);
    expect(overview.keys["active"]).toBe(1);
    expect(overview["topKeys"]).toMatchObject([{ admitted: 9 }]);
    expect(overview["nearQuota"]).toMatchObject([{ policy: "daily", used: 9 }]);
    expect(overview).toMatchObject({ topOwners: [], revokedInUse: [], failedAttempts: [] });
  });
});

describe("the list of keys with the requests of seven days", () => {
  it("reads the usage of a page at once, and a customer's from its own rows only", async () => {
    const store = memoryStore();
    const queries: unknown[] = [];
    const { kw, ask } = setUp({
      store: {
        ...store,
        queryUsage(selection) {
          queries.push(selection);
          return store.queryUsage(selection);
        },
      },
    });
    for (const [name, ownerId, times] of [
      ["theirs", "umbrella", 3],
      ["ours", "acme", 2],
      ["other", "acme", 0],
    ] as const) {
      await (await keyOf(kw, name, ownerId)).use(times);
    }
    const read = async (as: string) => {
      const { text } = await ask("GET", "/api-keys?order=name&usage=days", { as });
      const { keys } = JSON.parse(text) as { keys: { name: string; lastDays: number[] }[] };
      return keys.map(({ name, lastDays }) => [name, lastDays.length, lastDays.at(-1)]);
    };
    expect(await read("ada")).toEqual([
      ["other", 7, 0],
      ["ours", 7, 2],
      ["theirs", 7, 3],
    ]);
    expect(queries.length).toBe(1);
    expect(await read("jane@acme")).toEqual([
      ["other", 7, 0],
      ["ours", 7, 2],
    ]);
    expect(queries.length).toBe(2);
    const { text } = await ask("GET", "/api-keys");
    expect(text).not.toContain("lastDays");
    expect(queries.length).toBe(2);
  });
});
