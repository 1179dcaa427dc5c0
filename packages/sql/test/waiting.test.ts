import { createKeyward } from "@keyward/core";
import { expect, it } from "vitest";
import { SqliteConnection } from "../src/sqlite/connection.ts";
import { sqliteStore } from "../src/sqlite/sqlite-store.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const SECRET = "a secret for tests that wait for their turn";

/** Another connection that has the write lock for a while. */
async function holdLock(path: string, ms: number): Promise<void> {
  const other = new SqliteConnection(path);
  await other.run("begin immediate");
  setTimeout(() => void other.run("rollback").then(() => other.close()), ms);
}

it("a writer that has to wait for its turn gets it, and what it wrote stays", async () => {
  const path = `${temporaryFolder()}/keys.db`;
  const kw = createKeyward({ secret: SECRET, store: await sqliteStore(path) });
  for (let times = 0; times < 5; times += 1) {
    await holdLock(path, 20);
    const { key } = await kw.keys.create({ name: `waited ${times}` });
    expect(await kw.keys.get(key.id)).toMatchObject({ name: `waited ${times}` });
  }
  await kw.close();
});

it("a store opens while another process writes, on a new file and on one that it knows", async () => {
  const path = `${temporaryFolder()}/keys.db`;
  for (let times = 0; times < 3; times += 1) {
    await holdLock(path, 20);
    const opened = await Promise.all([sqliteStore(path), sqliteStore(path)]);
    const kw = createKeyward({ secret: SECRET, store: opened[0] });
    const { key } = await kw.keys.create({ name: "opened" });
    expect(await opened[1].find(key.id)).toMatchObject({ name: "opened" });
    await kw.close();
    await opened[1].close();
  }
});
