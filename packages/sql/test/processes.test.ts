import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createKeyward, type KeywardOptions } from "@keyward/core";
import { sqliteStore } from "@keyward/sql";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "./temporary-folder.ts";

const SECRET = "a secret for tests, and for nothing else";

/** A new server on the file, as after a restart or next to another. */
async function open(file: string, options: KeywardOptions = {}) {
  const kw = createKeyward({ secret: SECRET, store: await sqliteStore(file), ...options });
  const ask = async (key: string, cost = 1) =>
    kw.admit({ header: () => key, secure: true, ip: "203.0.113.1", cost });
  return { kw, ask };
}

async function eventually(holds: () => Promise<boolean>, withinMs: number): Promise<boolean> {
  const startedAt = Date.now();
  for (;;) {
    if (await holds()) return true;
    if (Date.now() - startedAt > withinMs) return false;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe("a restart", () => {
  it("keeps keys, usage, the audit trail and the day's count", async () => {
    const file = join(temporaryFolder(), "keyward.db");
    const before = await open(file);
    const { key, secret } = await before.kw.keys.create({ name: "a" });
    for (let count = 0; count < 3; count += 1) await before.ask(secret.reveal(), 400);
    await before.kw.close();

    const after = await open(file);
    const decision = await after.ask(secret.reveal());
    // Of three requests of 400 the burst of 500 admitted one.
    expect(decision).toMatchObject({ admitted: true });
    expect(decision.headers["RateLimit"]).toMatch(/"daily";r=1599;/);
    const day = {
      keyId: key.id,
      from: new Date(Date.now() - 60_000),
      to: new Date(Date.now() + 60_000),
      per: "day",
    } as const;
    const rows = await after.kw.usage.query(day);
    expect(rows.reduce((sum, row) => sum + row.admitted, 0)).toBe(2);
    expect(rows.reduce((sum, row) => sum + row.refused, 0)).toBe(2);
    expect((await after.kw.audit.list()).events).toHaveLength(1);
    expect((await after.kw.keys.get(key.id))?.lastUsedAt).toBeInstanceOf(Date);
    await after.kw.close();
  });

  it("loses at most a second of the day's count if nothing is closed", async () => {
    const file = join(temporaryFolder(), "keyward.db");
    const before = await open(file);
    const { key, secret } = await before.kw.keys.create({
      name: "a",
      limits: { rate: 200, burst: 2000, daily: 2000 },
    });
    await before.ask(secret.reveal(), 1500);
    // Not closed: the batch has to be on disk by itself.
    const written = async () => {
      const after = await open(file);
      const { remaining } = await after.kw.quota(key);
      await after.kw.close();
      return remaining["daily"] === 500;
    };
    expect(await eventually(written, 1000)).toBe(true);
    await before.kw.close();
  });
});

describe("several processes on one file", () => {
  it("see a revocation within a second, though the key is cached", async () => {
    const file = join(temporaryFolder(), "keyward.db");
    const [server, other] = [await open(file, { cache: { lifetimeMs: 60_000 } }), await open(file)];
    const { key, secret } = await other.kw.keys.create({ name: "a" });
    expect((await server.ask(secret.reveal())).admitted).toBe(true);
    await other.kw.keys.revoke(key.id);
    const refused = async () => !(await server.ask(secret.reveal())).admitted;
    expect(await eventually(refused, 1000)).toBe(true);
    await Promise.all([server.kw.close(), other.kw.close()]);
  });

  it("keep what one stores after another has closed", async () => {
    const file = join(temporaryFolder(), "keyward.db");
    const { kw } = await open(file);
    await kw.keys.create({ name: "before" });
    // Opens the connection for listings too.
    await kw.keys.list();
    // The last process to close deletes the write-ahead log. This one is not the last.
    const openAndClose = `
      import { sqliteStore } from "@keyward/sql";
      const store = await sqliteStore(process.argv[1]);
      await store.list({}, { order: "newest", limit: 1 });
      await store.close();`;
    const args = ["--input-type=module", "--eval", openAndClose, file];
    const { status, stderr } = spawnSync(process.execPath, args, { cwd: import.meta.dirname });
    expect(status, stderr.toString()).toBe(0);
    const { key } = await kw.keys.create({ name: "after" });
    const other = await open(file);
    expect(await other.kw.keys.get(key.id)).toMatchObject({ name: "after" });
    await Promise.all([kw.close(), other.kw.close()]);
  });

  it("start together on a file that is not there yet", async () => {
    const file = join(temporaryFolder(), "keyward.db");
    const stores = await Promise.all(Array.from({ length: 8 }, () => sqliteStore(file)));
    for (const store of stores) expect(await store.list({}, { order: "newest", limit: 1 })).toEqual([]);
    await Promise.all(stores.map((store) => store.close()));
  });

  it("rejects the loser of two concurrent rotations without an overlap", async () => {
    const file = join(temporaryFolder(), "keyward.db");
    const [one, other] = [await open(file), await open(file)];
    const { key } = await one.kw.keys.create({ name: "a" });
    const results = await Promise.allSettled([
      one.kw.keys.rotate(key.id, { overlapMs: 0 }),
      other.kw.keys.rotate(key.id, { overlapMs: 0 }),
    ]);
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect((await one.kw.keys.list()).keys).toHaveLength(2);
    await Promise.all([one.kw.close(), other.kw.close()]);
  });
});

describe("the files of the database", () => {
  it("hold no raw key, nor the part of it that is hidden", async () => {
    const folder = temporaryFolder();
    const { kw, ask } = await open(join(folder, "keyward.db"));
    const { key, secret } = await kw.keys.create({ name: "a" });
    const next = await kw.keys.rotate(key.id);
    for (const raw of [secret.reveal(), next.secret.reveal()]) await ask(raw);
    await kw.flush();
    const search = () => {
      const bytes = readdirSync(folder)
        .map((file) => readFileSync(join(folder, file), "latin1"))
        .join("\n");
      expect(bytes).toContain(key.masked);
      for (const raw of [secret.reveal(), next.secret.reveal()]) {
        for (const part of [raw, raw.slice(5, 13), raw.slice(14, 23)]) expect(bytes).not.toContain(part);
      }
      expect(bytes).not.toContain(SECRET);
    };
    search();
    await kw.close();
    search();
  });
});
