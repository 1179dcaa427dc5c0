import { existsSync } from "node:fs";
import { join } from "node:path";
import { openStore } from "@keyward/sql";
import { describe, expect, it } from "vitest";
import { openShell } from "./keyward.ts";

describe("keyward migrate", () => {
  it("creates the tables of a SQLite store, and does nothing when they are up to date", async () => {
    const { folder, keyward } = openShell();
    const file = join(folder, "keyward.db");
    const first = await keyward("migrate");
    expect(first).toMatchObject({ code: 0, err: "" });
    expect(first.out).toMatch(/^Ran 1 migration of .*keyward\.db: 0001-\w+\.\n$/);
    const store = await openStore(`sqlite:${file}`, { migrate: false });
    await store.close();
    const second = await keyward("migrate");
    expect(second).toMatchObject({ code: 0, out: `${file} is up to date.\n` });
  });

  it("prints the SQL with --print, and changes nothing", async () => {
    const { folder, keyward } = openShell();
    const pending = await keyward("migrate", "--print");
    expect(pending).toMatchObject({ code: 0, err: "" });
    expect(pending.out).toMatch(/^begin;\n\ncreate table "?keyward_migration"?/);
    expect(pending.out).toMatch(/\ncommit;?\n$/);
    expect(existsSync(join(folder, "keyward.db"))).toBe(false);
    await keyward("migrate");
    const upToDate = await keyward("migrate", "--print");
    expect(upToDate).toMatchObject({ code: 0, out: "" });
    expect(upToDate.err).toContain("is up to date");
  });

  it("needs no secret", async () => {
    const { keywardWith } = openShell();
    expect((await keywardWith({ env: { KEYWARD_SECRET: "" } }, "migrate")).code).toBe(0);
  });

  it("refuses a store in memory", async () => {
    const { keywardWith } = openShell();
    const { code, err } = await keywardWith({ env: { KEYWARD_STORE: "memory:" } }, "migrate");
    expect(code).toBe(2);
    expect(err).toBe("keyward: KEYWARD_STORE must name a database to migrate; got memory:.\n");
  });
});
