import { existsSync } from "node:fs";
import { join } from "node:path";
import { inspectStore, openStore } from "@keyward/sql";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MIGRATIONS } from "../src/migrations/index.ts";
import { DATABASES, type TestDatabase } from "./databases.ts";
import { temporaryFolder } from "./temporary-folder.ts";

describe.each(Object.keys(DATABASES))("inspectStore, of %s", (name) => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await (DATABASES[name] as () => Promise<TestDatabase>)();
  });
  afterAll(() => database.stop());

  it("says which migrations were not run yet, and which are of a newer release", async () => {
    const url = await database.create();
    expect(await inspectStore(url)).toMatchObject({ pending: Object.keys(MIGRATIONS), unknown: [] });
    await (await openStore(url)).close();
    expect(await inspectStore(url)).toMatchObject({ exists: true, pending: [], unknown: [] });
    await database.query(url, "insert into keyward_migration values ('0099-later', '2099-01-01')");
    const report = await inspectStore(url);
    expect(report).toMatchObject({ pending: [], unknown: ["0099-later"] });
    expect(report.clockAheadMs !== undefined).toBe(name === "PostgreSQL");
    expect(Math.abs(report.clockAheadMs ?? 0)).toBeLessThan(500);
  });
});

it("inspectStore makes no database where there is none, and says what it wants", async () => {
  const file = join(temporaryFolder(), "keyward.db");
  expect(await inspectStore(`sqlite:${file}`)).toMatchObject({ kind: "sqlite", exists: false });
  expect(existsSync(file)).toBe(false);
  expect(await inspectStore("memory:")).toMatchObject({ kind: "memory" });
  await expect(inspectStore("mysql://root:hunter2@localhost")).rejects.toThrow(/must be sqlite:<path>/);
  await expect(inspectStore("postgres://keyward:hunter2@127.0.0.1:1/none")).rejects.toMatchObject({
    code: "store-unavailable",
    message: expect.not.stringContaining("hunter2"),
  });
});
