import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createKeyward, type KeywardOptions } from "@keyward/core";
import { redisLimiter } from "@keyward/core/redis";
import { sqliteStore } from "@keyward/sql";
import { startRedis } from "@keyward/test-servers";
import { Redis } from "ioredis";
import { describe, expect, it, onTestFinished } from "vitest";
import { openShell, SECRET, type Shell } from "./keyward.ts";

/** An application on the store of the shell. */
async function openApplication(shell: Shell, options: KeywardOptions = {}) {
  const kw = createKeyward({
    secret: SECRET,
    store: await sqliteStore(join(shell.folder, "keyward.db")),
    ...options,
  });
  onTestFinished(() => kw.close());
  return {
    kw,
    async ask(raw: string): Promise<string> {
      const decision = await kw.admit({ header: () => raw, secure: true, ip: "203.0.113.1" });
      return decision.admitted ? "admitted" : decision.problem.code;
    },
  };
}

async function json(shell: Shell, ...args: readonly string[]): Promise<Record<string, unknown>> {
  const { code, out, err } = await shell.keyward(...args, "--json");
  expect({ code, err }).toEqual({ code: 0, err: "" });
  return JSON.parse(out) as Record<string, unknown>;
}

describe("keyward owners", () => {
  it("lists, shows and updates owners, and upgrades a customer of a running application", async () => {
    const shell = openShell();
    await shell.keyward("keys", "create", "--name", "a", "--owner", "acme");
    await shell.keyward("keys", "create", "--name", "b", "--owner", "bolt");
    expect((await shell.keyward("owners", "list")).out).toMatch(
      /^ID +NAME +STATUS +PLAN +LIMITS +CREATED\nacme +active +\d{4}-[^\n]+\nbolt +active/,
    );
    expect((await shell.keyward("owners", "list", "--search", "none")).err).toContain("No owners match.");
    const updated = await shell.keyward(
      "owners",
      "update",
      "acme",
      "--name",
      "Acme Ltd.",
      "--plan",
      "pro",
      "--allowed-address",
      "203.0.113.0/24",
    );
    expect(updated.out).toMatch(
      /name +Acme Ltd\.\n[^]*plan +pro\n[^]*allowed addresses +203\.0\.113\.0\/24\n/,
    );
    const { owners } = await json(shell, "owners", "list", "--search", "ACME");
    expect(owners).toMatchObject([{ id: "acme", name: "Acme Ltd.", plan: "pro", status: "active" }]);
    const cleared = await json(
      shell,
      "owners",
      "update",
      "acme",
      "--plan",
      "none",
      "--allowed-address",
      "any",
    );
    expect(cleared).not.toHaveProperty("plan");
    expect(cleared).not.toHaveProperty("allowedAddresses");
    expect(await shell.keyward("owners", "update", "acme")).toMatchObject({ code: 2 });
    expect(await shell.keyward("owners", "show", "nobody")).toMatchObject({
      code: 1,
      err: expect.stringContaining('Owner "nobody" does not exist.'),
    });
    expect((await shell.keyward("audit")).out).toMatch(/owner\.updated +acme +a test +.*plan: none → pro/);
  });

  it("pauses and resumes an owner and a key, in a running application", async () => {
    const shell = openShell();
    const { out } = await shell.keyward("keys", "create", "--name", "a", "--owner", "acme");
    const raw = out.trim();
    const { keys } = (await json(shell, "keys", "list")) as { keys: { id: string }[] };
    const id = keys[0]?.id ?? "";
    const { ask } = await openApplication(shell);
    expect(await ask(raw)).toBe("admitted");
    const paused = await shell.keyward("owners", "pause", "acme", "--reason", "invoice overdue");
    expect(paused.out).toMatch(/status +paused\npause +since [\d: -]+, by an operator: invoice overdue\n/);
    await expect.poll(() => ask(raw), { timeout: 3000 }).toBe("paused-api-key");
    expect((await shell.keyward("owners", "resume", "acme")).out).toMatch(/status +active/);
    await expect.poll(() => ask(raw), { timeout: 3000 }).toBe("admitted");
    const until = await json(shell, "keys", "pause", id, "--until", "2h");
    expect(until).toMatchObject({ status: "paused", pause: { until: expect.any(String) } });
    await expect.poll(() => ask(raw), { timeout: 3000 }).toBe("paused-api-key");
    expect(await json(shell, "keys", "resume", id)).toMatchObject({ status: "active" });
    expect(await shell.keyward("owners", "resume", "nobody")).toMatchObject({ code: 1 });
  });

  it("limits all keys of an owner together", async () => {
    const shell = openShell();
    const raws: string[] = [];
    for (const name of ["a", "b"]) {
      raws.push((await shell.keyward("keys", "create", "--name", name, "--owner", "acme")).out.trim());
    }
    const set = await json(shell, "owners", "limits", "acme", "--monthly", "3", "--until", "7d");
    expect(set).toMatchObject({ id: "acme", limits: { monthly: 3, until: expect.any(String) } });
    const { ask } = await openApplication(shell);
    const asked = [];
    for (const raw of [...raws, ...raws]) asked.push(await ask(raw));
    expect(asked).toEqual(["admitted", "admitted", "admitted", "rate-limit-exceeded"]);
    expect(await json(shell, "owners", "limits", "acme", "--reset")).not.toHaveProperty("limits");
    await expect.poll(() => ask(raws[0] ?? ""), { timeout: 3000 }).toBe("admitted");
  });
});

describe("keyward keys update and identify", () => {
  it("changes what is given, and leaves the rest", async () => {
    const shell = openShell();
    await shell.keyward("keys", "create", "--name", "a", "--scope", "x", "--expires", "90d");
    const { keys } = (await json(shell, "keys", "list")) as { keys: { id: string }[] };
    const update = (...flags: string[]) => json(shell, "keys", "update", keys[0]?.id ?? "", ...flags);
    const flags = ["--name", "b", "--plan", "pro", "--allowed-address", "203.0.113.0/24"];
    const first = await update(...flags, "--allowed-address", "2001:db8::/48");
    expect(first).toMatchObject({
      name: "b",
      plan: "pro",
      scopes: ["x"],
      allowedAddresses: ["203.0.113.0/24", "2001:db8::/48"],
      expiresAt: expect.any(String),
    });
    const second = await update("--no-scopes", "--expires", "never", "--plan", "none");
    expect(second).toMatchObject({ name: "b", scopes: [] });
    expect(second).not.toHaveProperty("plan");
    expect(second).not.toHaveProperty("expiresAt");
    expect(await update("--scope", "y", "--scope", "z")).toMatchObject({ scopes: ["y", "z"] });
  });

  it("identifies a raw key from stdin, and never prints it", async () => {
    const shell = openShell();
    const raw = (await shell.keyward("keys", "create", "--name", "found")).out.trim();
    const identify = (input: string) => shell.keywardWith({ input }, "keys", "identify");
    const found = await identify(`${raw}\n`);
    expect(found).toMatchObject({ code: 0, out: expect.stringMatching(/name +found/) });
    expect(found.out + found.err).not.toContain(raw);
    expect(await identify("prod_aaaaaaaa-bbbb-cccc-dddddddd\n")).toMatchObject({ code: 1, out: "" });
    expect(await identify("")).toMatchObject({
      code: 1,
      err: expect.stringContaining("Expected a key on standard input; got nothing."),
    });
  });
});

const PLANS = {
  default: { rate: 2, burst: 5, daily: 100, owner: { monthly: 1000 }, budgets: { search: { hourly: 10 } } },
} as const;

describe("keyward quota and limits reset", () => {
  it("show and reset what an application counts in memory", async () => {
    const shell = openShell();
    writeFileSync(join(shell.folder, "plans.json"), JSON.stringify(PLANS));
    const raw = (await shell.keyward("keys", "create", "--name", "a", "--owner", "acme")).out.trim();
    const { keys } = (await json(shell, "keys", "list")) as { keys: { id: string }[] };
    const id = keys[0]?.id ?? "";
    const { kw, ask } = await openApplication(shell, { plans: PLANS });
    for (let times = 0; times < 3; times += 1) expect(await ask(raw)).toBe("admitted");
    await kw.flush();
    const env = { KEYWARD_PLANS: "plans.json" };
    const { code, out } = await shell.keywardWith({ env }, "quota", id);
    expect(code).toBe(0);
    expect(out).toMatch(
      /^limits +2\/s, burst 5, 100\/day \(UTC\)\nlimits of the owner +1000\/month \(UTC\)\n/,
    );
    expect(out).toMatch(/budget search +10\/hour \(UTC\)\n/);
    expect(out).toMatch(/daily +97 +in \d+ (?:h|min|s)\n/);
    expect(out).toMatch(/owner-monthly +997 +in \d+ (?:d|h|min|s)\n/);
    expect(out).not.toContain("sustained");

    await shell.keywardWith({ env }, "limits", "reset", id);
    const reset = await shell.keywardWith({ env }, "limits", "reset", "acme", "--owner");
    expect(reset).toMatchObject({ code: 0, err: "The counts of acme are reset.\n" });
    const again = JSON.parse((await shell.keywardWith({ env }, "quota", id, "--json")).out) as object;
    expect(again).toMatchObject({ remaining: { daily: 100, "owner-monthly": 1000 } });
    const remaining = async () => (await kw.quota({ id })).remaining["owner-monthly"];
    await expect.poll(remaining, { timeout: 3000 }).toBe(1000);
    expect((await shell.keyward("audit")).out).toMatch(/limits\.reset +acme +a test/);
  });

  it("use the counters in Redis", async () => {
    const redis = await startRedis();
    onTestFinished(() => redis.stop());
    const shell = openShell({ REDIS_URL: redis.url, REDIS_PREFIX: "app:" });
    const raw = (await shell.keyward("keys", "create", "--name", "a")).out.trim();
    const { keys } = (await json(shell, "keys", "list")) as { keys: { id: string }[] };
    const id = keys[0]?.id ?? "";
    const limiter = redisLimiter({ client: new Redis(redis.url, { lazyConnect: true }), prefix: "app:" });
    const { ask } = await openApplication(shell, { limiter });
    for (let times = 0; times < 3; times += 1) expect(await ask(raw)).toBe("admitted");
    expect(await json(shell, "quota", id)).toMatchObject({
      limits: { rate: 200, burst: 500, daily: 2000 },
      remaining: { daily: 1997, burst: expect.any(Number) },
    });
    expect(await shell.keyward("limits", "reset", id)).toMatchObject({
      code: 0,
      err: expect.stringContaining("counts of budgets were not reset"),
    });
    expect(await json(shell, "quota", id)).toMatchObject({ remaining: { daily: 2000 } });
  });

  it("need the plans of the application where a plan is named", async () => {
    const shell = openShell();
    await shell.keyward("keys", "create", "--name", "a", "--plan", "pro");
    const { keys } = (await json(shell, "keys", "list")) as { keys: { id: string }[] };
    const id = keys[0]?.id ?? "";
    expect(await shell.keyward("quota", id)).toMatchObject({
      code: 2,
      err: expect.stringMatching(/KEYWARD_PLANS is not set.*"pro"/),
    });
    const withPlans = (text: string) => {
      writeFileSync(join(shell.folder, "plans.json"), text);
      return shell.keywardWith({ env: { KEYWARD_PLANS: "plans.json" } }, "quota", id);
    };
    expect(await withPlans("{")).toMatchObject({
      code: 2,
      err: expect.stringContaining("is not valid JSON"),
    });
    expect(await withPlans("[]")).toMatchObject({ code: 2, err: expect.stringContaining("object of plans") });
    expect(await withPlans('{"pro":{"rate":0}}')).toMatchObject({
      code: 2,
      err: expect.stringContaining("plans.pro.rate must be a whole number"),
    });
    expect(await withPlans('{"pro":{"daily":7}}')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/daily +7 /),
    });
    expect(await shell.keywardWith({ env: { KEYWARD_PLANS: "none.json" } }, "quota", id)).toMatchObject({
      code: 2,
      err: expect.stringContaining("KEYWARD_PLANS must be an existing file"),
    });
  });
});
