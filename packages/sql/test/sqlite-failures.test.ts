import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createKeyward, KeywardError } from "@keyward/core";
import { openStore, sqliteStore } from "@keyward/sql";
import { describe, expect, it } from "vitest";
import { SqliteConnection } from "../src/sqlite/connection.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const SECRET = "a secret for tests, and for nothing else";
const NOBODY = 65_534;

/** A store's file with some keys in it, closed. */
async function databaseWithKeys(file: string, keys: number): Promise<string[]> {
  const kw = createKeyward({ secret: SECRET, store: await sqliteStore(file) });
  const made: string[] = [];
  for (let count = 0; count < keys; count += 1) {
    made.push(
      (await kw.keys.create({ name: `key ${count}`, metadata: { pad: "x".repeat(500) } })).secret.reveal(),
    );
  }
  await kw.close();
  return made;
}

async function expectCode(act: () => Promise<unknown>, code: string, message: RegExp): Promise<void> {
  await expect(act).rejects.toThrow(KeywardError);
  await expect(act).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
}

describe("a SQLite file", () => {
  it("rejects a file that is not a database, and leaves it unchanged", async () => {
    const file = join(temporaryFolder(), "keyward.db");
    writeFileSync(file, "This is a diary, not a database.\n".repeat(200));
    const before = readFileSync(file);
    await expectCode(() => sqliteStore(file), "store-corrupt", /is not a SQLite database, or is damaged/);
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  it("rejects a file with a damaged header, and leaves it unchanged", async () => {
    const file = join(temporaryFolder(), "keyward.db");
    await databaseWithKeys(file, 3);
    const damaged = readFileSync(file);
    damaged.fill(0xff, 0, 100);
    writeFileSync(file, damaged);
    await expectCode(() => sqliteStore(file), "store-corrupt", /damaged/);
    expect(readFileSync(file).equals(damaged)).toBe(true);
  });

  it("that was cut off is reported as damaged, never as unknown keys", async () => {
    const file = join(temporaryFolder(), "keyward.db");
    const keys = await databaseWithKeys(file, 200);
    truncateSync(file, Math.floor(statSync(file).size / 8192) * 4096);
    // The loss may affect opening or a look-up. Both are errors of the store.
    const codes: string[] = await sqliteStore(file).then<string[], string[]>(
      async (store) => {
        const kw = createKeyward({ secret: SECRET, store });
        const decisions = await Promise.all(
          keys.map((key) => kw.admit({ header: () => key, secure: true, ip: "203.0.113.1" })),
        );
        await kw.close();
        return decisions.map((decision) => (decision.admitted ? "admitted" : decision.problem.code));
      },
      (error: KeywardError) => [error.code],
    );
    expect(codes.filter((code) => code !== "admitted" && code !== "key-store-unavailable")).toEqual(
      codes.includes("store-corrupt") ? ["store-corrupt"] : [],
    );
    expect(codes.every((code) => code === "admitted")).toBe(false);
  });

  it("that may not be written is refused and left as it was", async () => {
    const folder = temporaryFolder();
    const file = join(folder, "keyward.db");
    await databaseWithKeys(file, 1);
    const before = readFileSync(file);
    chmodSync(file, 0o444);
    chmodSync(folder, 0o555);
    // Root may write anything, so the test switches to another user.
    const root = process.geteuid?.() === 0;
    if (root) process.seteuid?.(NOBODY);
    try {
      await expectCode(() => sqliteStore(file), "store-read-only", /cannot be written.*read-only/);
    } finally {
      if (root) process.seteuid?.(0);
      chmodSync(folder, 0o755);
    }
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  it("of a newer schema is refused and left as it was, to the byte", async () => {
    const file = join(temporaryFolder(), "keyward.db");
    await databaseWithKeys(file, 1);
    const database = new SqliteConnection(file);
    await database.run(
      "insert into keyward_migration (name, timestamp) values ('0099-from-the-future', '2099-01-01')",
    );
    await database.run("pragma wal_checkpoint(truncate)");
    await database.close();
    const before = readFileSync(file);
    await expectCode(
      () => sqliteStore(file),
      "store-schema-newer",
      /newer release of Keyward \(0099-from-the-future\)/,
    );
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  it("in a folder that is not there is an error that names the cause, and makes no folder", async () => {
    const file = join(temporaryFolder(), "nowhere", "keyward.db");
    await expectCode(() => sqliteStore(file), "store-unavailable", /cannot be opened.*folder exists/);
    expect(existsSync(join(file, ".."))).toBe(false);
    const folder = join(temporaryFolder(), "a-folder");
    mkdirSync(folder);
    await expectCode(() => sqliteStore(folder), "store-unavailable", /cannot be opened/);
  });

  it("is made for its owner's eyes only", async () => {
    const file = join(temporaryFolder(), "keyward.db");
    await (await sqliteStore(file)).close();
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it("can hold the tables of an application beside Keyward's", async () => {
    const file = join(temporaryFolder(), "app.db");
    const application = new SqliteConnection(file);
    await application.run("create table customer (id integer primary key); insert into customer values (7)");
    await application.close();
    await databaseWithKeys(file, 1);
    const again = new SqliteConnection(file);
    expect((await again.run("select id from customer")).rows).toEqual([{ id: 7 }]);
    await again.close();
  });

  it("keeps by itself what no code may undo: revocations and the audit trail", async () => {
    const file = join(temporaryFolder(), "keyward.db");
    const kw = createKeyward({ secret: SECRET, store: await sqliteStore(file) });
    const { key } = await kw.keys.create({ name: "a" });
    await kw.keys.revoke(key.id);
    await kw.close();
    const database = new SqliteConnection(file);
    for (const [act, refusal] of [
      ["update keyward_key set revoked_at = null", /stays revoked/],
      ["delete from keyward_audit", /append-only/],
      ["update keyward_audit set actor = 'nobody'", /append-only/],
    ] as const) {
      await expect(database.run(act)).rejects.toThrow(refusal);
    }
    await database.close();
  });

  it("on a disk that fills up gives an error and shows no key; those shown before still work", async () => {
    const folder = temporaryFolder();
    const { command, args } = smallDisk(folder);
    const { stdout, stderr } = spawnSync(command, args, { encoding: "utf8" });
    const result = JSON.parse(stdout || "{}") as Record<string, unknown>;
    expect(result, stderr).toMatchObject({
      error: expect.stringMatching(/^store-(full|unavailable)$/),
      lost: 0,
    });
    expect(result["createdKeys"]).toBeGreaterThan(0);
    expect(result["stored"]).toBe(result["createdKeys"]);
    expect(result["message"]).toMatch(/disk/);
  });
});

/** Runs the fixture where only some hundred kilobytes can be written: a file system that is full, or a limit on files. */
function smallDisk(folder: string): { command: string; args: string[] } {
  const fixture = fileURLToPath(new URL("fixtures/fill-disk.mjs", import.meta.url));
  const file = join(folder, "keyward.db");
  const mount = `mount -t tmpfs -o size=600k tmpfs "${folder}"`;
  const mountable = spawnSync("unshare", ["--mount", "--map-root-user", "sh", "-c", mount]).status === 0;
  const run = `exec "${process.execPath}" "${fixture}" "${file}"`;
  return mountable
    ? { command: "unshare", args: ["--mount", "--map-root-user", "sh", "-c", `${mount} && ${run}`] }
    : { command: "bash", args: ["-c", `ulimit -f 600; ${run}`] };
}

describe("openStore", () => {
  it("opens what a setting names", async () => {
    const file = join(temporaryFolder(), "keyward.db");
    const store = await openStore(`sqlite:${file}`);
    expect(store.durable).toBe(true);
    await store.close();
    expect((await openStore("memory:")).durable).toBe(false);
  });

  it("says what it wants, without repeating what may be a password", async () => {
    for (const url of ["mysql://root:hunter2@localhost", "keyward.db", ""]) {
      const opened = openStore(url);
      await expect(opened).rejects.toThrow(/must be sqlite:<path>, postgres:.* or memory:/);
      await expect(opened).rejects.not.toThrow(/hunter2/);
    }
    await expect(sqliteStore(":memory:")).rejects.toThrow(/must be the path of a file/);
    await expect(sqliteStore("postgres://app:hunter2@db/keys")).rejects.toThrow(
      "sqliteStore path must be the path of a file; got a string of 30 characters.",
    );
  });
});
