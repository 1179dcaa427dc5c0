import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createKeyward } from "@keyward/core";
import { sqliteStore } from "@keyward/sql";
import { startPostgres } from "@keyward/test-servers";
import { describe, expect, it, onTestFinished } from "vitest";
import { openShell, SECRET, type Shell } from "./keyward.ts";

const KEY = /^prod_[0-9A-Za-z]{8}-[0-9A-Za-z]{4}-[0-9A-Za-z]{4}-[0-9A-Za-z]{8}\n$/;

async function create(shell: Shell, ...flags: readonly string[]) {
  const { out, err, code } = await shell.keyward("keys", "create", "--name", "billing", "--json", ...flags);
  expect(code, err).toBe(0);
  return JSON.parse(out) as { key: { id: string; masked: string; [field: string]: unknown }; secret: string };
}

async function ask(shell: Shell, raw: string): Promise<string> {
  const kw = createKeyward({ secret: SECRET, store: await sqliteStore(join(shell.folder, "keyward.db")) });
  const decision = await kw.admit({ header: () => raw, secure: true, ip: "203.0.113.1" });
  await kw.close();
  return decision.admitted ? "admitted" : decision.problem.code;
}

describe("keyward init", () => {
  it("creates a different secret each time", async () => {
    const shell = openShell();
    const lines = [await shell.keyward("init"), await shell.keyward("init")].map(({ out }) => out);
    for (const line of lines) expect(line).toMatch(/^KEYWARD_SECRET=[\w-]{43}\n$/);
    expect(lines[0]).not.toBe(lines[1]);
    const { secret } = JSON.parse((await shell.keyward("init", "--json")).out) as { secret: string };
    expect(secret).toMatch(/^[\w-]{43}$/);
  });
});

describe("keyward keys", () => {
  it("create prints only the key to stdout", async () => {
    const shell = openShell();
    const { code, out, err } = await shell.keyward("keys", "create", "--name", "billing");
    expect(code).toBe(0);
    expect(out).toMatch(KEY);
    expect(err).toMatch(
      /Created "billing" \(prod_\*{8}-\*{4}-\*{4}-\w{8}\), id key_\w{20}\. Copy it now: it cannot be shown again/,
    );
    expect(err).not.toContain(out.trim());
    expect(await ask(shell, out.trim())).toBe("admitted");
  });

  it("create sets every property, and prints JSON", async () => {
    const shell = openShell();
    const flags = ["--env", "test", "--owner", "acme", "--scope", "a", "--scope", "b", "--plan", "pro"];
    const { key, secret } = await create(shell, ...flags, "--expires", "90d");
    expect(key).toMatchObject({
      name: "billing",
      environment: "test",
      ownerId: "acme",
      scopes: ["a", "b"],
      plan: "pro",
      status: "active",
    });
    expect(Date.parse(key["expiresAt"] as string) - Date.now()).toBeGreaterThan(89.9 * 86_400_000);
    expect(secret).toMatch(/^test_/);
  });

  it("list prints an aligned table or JSON, without keys", async () => {
    const shell = openShell();
    const { secret } = await create(shell);
    await shell.keyward("keys", "create", "--name", "ein längerer Name 日本語", "--owner", "acme");
    const { out } = await shell.keyward("keys", "list");
    const lines = out.trimEnd().split("\n");
    expect(lines[0]).toMatch(/^ID +NAME +KEY +STATUS +PLAN +LAST USED +EXPIRES$/);
    expect(lines).toHaveLength(3);
    expect(lines[1]).toMatch(/ein längerer Name 日本語 {2}prod_\*/);
    expect(lines[2]?.indexOf("prod_*")).toBe(lines[0]?.indexOf("KEY"));
    expect(out).not.toContain(secret.slice(5, 13));
    expect(out).not.toContain("\u001B[");
    const ofAcme = JSON.parse((await shell.keyward("keys", "list", "--owner", "acme", "--json")).out) as {
      keys: { name: string }[];
    };
    expect(ofAcme.keys.map(({ name }) => name)).toEqual(["ein längerer Name 日本語"]);
  });

  it("show prints the details of a key, and fails for an unknown id", async () => {
    const shell = openShell();
    const { key, secret } = await create(shell, "--scope", "reports:write");
    expect(await ask(shell, secret)).toBe("admitted");
    const { out } = await shell.keyward("keys", "show", key.id);
    expect(out).toContain(key.masked);
    expect(out).toMatch(/scopes +reports:write/);
    expect(out).toMatch(/last used +\d{4}-\d\d-\d\d \d\d:\d\d \(just now\) from 203\.0\.113\.1/);
    expect(out).toMatch(/Used in the last 30 days from:\n203\.0\.113\.0\/24 +just now/);
    expect(out).not.toContain(secret.slice(5, 13));
    const none = await shell.keyward("keys", "show", "key_none");
    expect(none).toMatchObject({
      code: 1,
      out: "",
      err: expect.stringContaining('no key with the id "key_none"'),
    });
  });

  it("revoke asks for confirmation, and is permanent", async () => {
    const shell = openShell();
    const { key, secret } = await create(shell);
    const unanswered = await shell.keyward("keys", "revoke", key.id);
    expect(unanswered).toMatchObject({ code: 1, err: expect.stringContaining("Pass --yes") });
    const refused = await shell.keywardWith({ input: "n\n" }, "keys", "revoke", key.id);
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining("Nothing was changed") });
    expect(await ask(shell, secret)).toBe("admitted");
    const agreed = await shell.keywardWith({ input: "y\n" }, "keys", "revoke", key.id);
    expect(agreed).toMatchObject({ code: 0, err: expect.stringContaining("cannot be undone. [y/N]") });
    expect(await ask(shell, secret)).toBe("revoked-api-key");
    const again = await shell.keyward("keys", "revoke", key.id, "--yes");
    expect(again).toMatchObject({ code: 0, err: expect.stringContaining("was already revoked") });
    const replaced = await shell.keyward("keys", "rotate", key.id, "--overlap", "0", "--yes");
    expect(replaced).toMatchObject({
      code: 1,
      err: expect.stringContaining("is revoked, which cannot be undone"),
    });
  });

  it("rotate prints a replacement, and the old key works during the overlap only", async () => {
    const shell = openShell();
    const first = await create(shell);
    const now = ["keys", "rotate", first.key.id, "--overlap", "0"];
    expect(await shell.keyward(...now)).toMatchObject({
      code: 1,
      err: expect.stringContaining("Pass --yes"),
    });
    const { out: second } = await shell.keyward(...now, "--yes");
    expect(second).toMatch(KEY);
    expect(await ask(shell, first.secret)).toBe("revoked-api-key");
    const { keys } = JSON.parse((await shell.keyward("keys", "list", "--json")).out) as {
      keys: { id: string }[];
    };
    const { out: third, err } = await shell.keyward("keys", "rotate", keys[0]?.id ?? "", "--overlap", "1h");
    expect(err).toMatch(/The old key works until \d{4}-\d\d-\d\d \d\d:\d\d UTC/);
    for (const raw of [second.trim(), third.trim()]) expect(await ask(shell, raw)).toBe("admitted");
    const conflict = await shell.keyward("keys", "rotate", keys[0]?.id ?? "");
    expect(conflict).toMatchObject({ code: 1, err: expect.stringContaining("was already replaced") });
  });

  it("limits sets, changes and removes the limits of a key", async () => {
    const shell = openShell();
    const { key } = await create(shell);
    const limits = (...flags: readonly string[]) => shell.keyward("keys", "limits", key.id, ...flags);
    expect(await limits()).toMatchObject({ code: 2, err: expect.stringContaining("or else --reset") });
    expect(await limits("--daily", "5", "--reset")).toMatchObject({ code: 2 });
    expect(await limits("--burst", "5")).toMatchObject({
      code: 2,
      err: expect.stringContaining("limits.rate must be set where burst or per is set"),
    });
    expect(await limits("--rate", "0", "--burst", "1", "--daily", "1")).toMatchObject({ code: 2 });
    expect(await limits("--rate", "10", "--burst", "5", "--daily", "1")).toMatchObject({
      code: 2,
      err: expect.stringContaining("burst"),
    });
    expect((await limits("--rate", "10", "--burst", "20", "--daily", "30")).out).toContain(
      "10/s, burst 20, 30/day (UTC)",
    );
    expect(JSON.parse((await limits("--daily", "40", "--json")).out)).toMatchObject({
      limits: { rate: 10, burst: 20, daily: 40 },
    });
    expect(JSON.parse((await limits("--reset", "--json")).out)).not.toHaveProperty("limits");
    expect((await limits("--daily", "5")).out).toMatch(/limits +5\/day \(UTC\)\n/);
  });

  it("limits accepts every unit, quota and time zone, none, and an end", async () => {
    const shell = openShell();
    const { key } = await create(shell);
    const limits = (...flags: readonly string[]) => shell.keyward("keys", "limits", key.id, ...flags);
    const calendar = ["--time-zone", "Europe/Berlin", "--month-starts-on", "15"];
    const paced = await limits("--rate", "60", "--per", "minute", "--monthly", "1000", ...calendar);
    expect(paced.out).toMatch(
      /limits +60\/min, burst 60, 1000\/month \(Europe\/Berlin, months start on 15\)\n/,
    );
    const without = await limits("--rate", "none", "--daily", "none", "--until", "7d", "--json");
    expect(without.err).toBe("");
    const { limits: stored } = JSON.parse(without.out) as { limits: Record<string, unknown> };
    expect(stored).toEqual({
      rate: null,
      daily: null,
      monthly: 1000,
      timeZone: "Europe/Berlin",
      monthStartsOn: 15,
      until: expect.any(String),
    });
    expect(Date.parse(stored["until"] as string) - Date.now()).toBeGreaterThan(6.9 * 86_400_000);
    const { out } = await shell.keyward("keys", "show", key.id);
    expect(out).toMatch(/limits .*no rate, no daily quota .*until \d{4}-\d\d-\d\d/);
    expect(await limits("--daily", "many")).toMatchObject({
      code: 2,
      err: expect.stringContaining("It must be a whole number of at least 1, or none."),
    });
    expect(await limits("--until", "2020-01-01")).toMatchObject({ code: 2 });
    await limits("--reset");
    expect(await limits("--until", "7d")).toMatchObject({
      code: 2,
      err: expect.stringContaining("--until needs a limit"),
    });
  });
});

describe("keyward usage and audit", () => {
  it("print the usage of a key and its audit events", async () => {
    const shell = openShell();
    const { key, secret } = await create(shell, "--owner", "acme");
    expect((await shell.keyward("usage", key.id)).err).toContain("No usage in this period.");
    for (let times = 0; times < 3; times += 1) await ask(shell, secret);
    const { out } = await shell.keyward("usage", key.id, "--per", "hour", "--since", "1h");
    expect(out).toMatch(/^HOUR \(UTC\) +ADMITTED +COST +REFUSED +REASONS\n\d{4}-\d\d-\d\d \d\d:00 +3 +3 +0/);
    const ofOwner = JSON.parse((await shell.keyward("usage", "acme", "--owner", "--json")).out) as {
      usage: { admitted: number }[];
    };
    expect(ofOwner.usage.at(-1)).toMatchObject({ admitted: 3 });
    await shell.keyward("keys", "revoke", key.id, "--yes");
    const trail = await shell.keyward("audit", "--key", key.id);
    expect(trail.out).toMatch(
      /key\.revoked +key_\w+ +a test\b[^]*key\.created +key_\w+ +a test\b.*name: billing/,
    );
    expect(JSON.parse((await shell.keyward("audit", "--limit", "1", "--json")).out)).toMatchObject({
      events: [{ action: "key.revoked", actor: "a test", keyId: key.id }],
    });
  });
});

describe("keyward", () => {
  it.each([
    [["nonsense"], /unknown command 'nonsense'/],
    [["keys", "create"], /required option '--name <name>'/],
    [["keys", "create", "--name", "a", "--expires", "soon"], /It must be a duration such as 90d, or a date/],
    [
      ["keys", "create", "--name", "a", "--env", "PROD"],
      /environments must be names of 1 to 16 .*; got "PROD"/,
    ],
    [["keys", "create", "--name", ""], /name must be text of 1 to 200 characters.*; got ""/],
    [["keys", "rotate", "key_x", "--overlap", "24"], /It must be a number followed by s, m, h, d or w/],
    [["keys", "create", "--name", "a", "--expires", "2027-02-31"], /or a date such as 2027-01-31/],
    [["keys", "create", "--name", "a", "--expires", "9999999999w"], /a duration such as 90d/],
    [["audit", "--limit", "0"], /whole number from 1 to 1000/],
    [["usage", "key_x", "--since", "always"], /It must be a number followed by s/],
    [["usage", "key_x", "--per", "week"], /Allowed choices are minute, hour, day/],
    [["keys", "regenerate", "key_x"], /unknown command 'regenerate'/],
    [["scan", "--staged", "--history"], /Only one of --staged and --history/],
  ])("%j is a usage error: exits with 2 and explains what is accepted", async (args, message) => {
    const { code, out, err } = await openShell().keyward(...args);
    expect(err).toMatch(message);
    expect({ code, out }).toEqual({ code: 2, out: "" });
  });

  it("explains what is missing or wrong in its environment", async () => {
    const shell = openShell();
    await create(shell);
    const listWith = async (env: Record<string, string>) => shell.keywardWith({ env }, "keys", "list");
    expect(await listWith({ KEYWARD_SECRET: "" })).toMatchObject({
      code: 2,
      err: expect.stringMatching(/KEYWARD_SECRET is not set.*keyward init/),
    });
    expect(await listWith({ KEYWARD_SECRET: "short" })).toMatchObject({
      code: 2,
      err: expect.stringMatching(/secret must be at least 32 bytes; got 5/),
    });
    const nowhere = await listWith({ KEYWARD_STORE: "postgres://a:hunter2@127.0.0.1:1/none" });
    expect(nowhere).toMatchObject({ code: 1, err: expect.stringContaining("did not respond") });
    expect(nowhere.err).not.toContain("hunter2");
  });

  it("reads the secret that a sample application stored next to its database", async () => {
    const shell = openShell();
    writeFileSync(join(shell.folder, "keyward.db.secret"), `${SECRET}\n`);
    const { code, out } = await shell.keywardWith(
      { env: { KEYWARD_SECRET: "" } },
      "keys",
      "create",
      "--name",
      "a",
    );
    expect(code).toBe(0);
    expect(await ask(shell, out.trim())).toBe("admitted");
  });

  it("creates a database only for a new key, and reports it", async () => {
    const shell = openShell();
    const none = await shell.keyward("keys", "list");
    expect(none).toMatchObject({
      code: 1,
      err: expect.stringMatching(/There is no database at .*keyward\.db/),
    });
    expect(readdirSync(shell.folder)).toEqual([]);
    const first = await shell.keyward("keys", "create", "--name", "a");
    expect(first.err).toMatch(/There was no database at .*keyward\.db\. Created one/);
    expect((await shell.keyward("keys", "create", "--name", "b")).err).not.toContain("no database");
  });

  it.each([
    "",
    "keys",
    "keys create",
    "keys update",
    "keys pause",
    "keys identify",
    "keys rotate",
    "owners",
    "owners update",
    "owners limits",
    "owners pause",
    "limits",
    "limits reset",
    "quota",
    "usage",
    "audit",
    "audit verify",
    "audit export",
    "audit prune",
    "scan",
    "doctor",
    "init",
  ])('has help with examples for "%s"', async (command) => {
    const { code, out } = await openShell().keyward(...command.split(" ").filter(Boolean), "--help");
    expect(code).toBe(0);
    expect(out).toMatch(/^Usage: keyward/);
    expect(out).toMatch(
      ["", "keys", "owners", "limits"].includes(command) ? /Commands:\n {2}\S/ : /Examples?:\n {2}\S/,
    );
  });

  it("works on PostgreSQL", async () => {
    const server = await startPostgres();
    onTestFinished(() => server.stop());
    const shell = openShell({ KEYWARD_STORE: await server.createDatabase() });
    const { key } = await create(shell);
    expect((await shell.keyward("keys", "show", key.id)).out).toContain(key.masked);
    expect(await shell.keyward("keys", "revoke", key.id, "--yes")).toMatchObject({ code: 0 });
    expect((await shell.keyward("audit")).out).toContain("key.revoked");
  });

  it("stores no raw key in the database", async () => {
    const shell = openShell();
    const { secret } = await create(shell);
    expect(readFileSync(join(shell.folder, "keyward.db"), "latin1")).not.toContain(secret.slice(5, 13));
  });
});
