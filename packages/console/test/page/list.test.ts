import { describe, expect, it } from "vitest";
import { look } from "./browser.ts";
import { button, choose, use, withBrowser } from "./set-up.ts";

const DAY_MS = 86_400_000;

const { setUp } = withBrowser();

describe("the list of keys", { timeout: 60_000 }, () => {
  it("searches, filters, sorts, and keeps that in the address and on the way back from a key", async () => {
    const { page, server } = await setUp();
    for (const [name, ownerId, plan] of [
      ["zeta", "acme", "default"],
      ["alpha", "umbrella", "pro"],
      ["billing", "acme", "pro"],
    ] as const) {
      await server.kw.keys.create({ name, ownerId, plan });
    }
    const { keys } = await server.kw.keys.list({ search: "zeta" });
    await server.kw.keys.revoke(keys[0]?.id as string);
    await page.reload();
    await page.getByRole("table").waitFor();
    const names = () => page.locator(".rows .name a").allTextContents();
    const search = page.getByLabel("Search keys");
    expect(await names()).toEqual(["billing", "alpha", "zeta"]);
    await button(page, "Name").click();
    await expect.poll(names).toEqual(["alpha", "billing", "zeta"]);
    await search.fill("ACM");
    await expect.poll(names).toEqual(["billing", "zeta"]);
    await page.getByLabel("Status").selectOption("active");
    await expect.poll(names).toEqual(["billing"]);
    expect(new URL(page.url()).search).toBe("?order=name&search=ACM&status=active");
    await page.reload();
    await expect.poll(names).toEqual(["billing"]);
    await page.getByRole("link", { name: "billing" }).click();
    await page.getByRole("link", { name: "All API keys" }).click();
    await expect.poll(names).toEqual(["billing"]);
    expect(new URL(page.url()).search).toBe("?order=name&search=ACM&status=active");
    await search.fill("nothing is like this");
    await page.getByText("No keys match these filters").waitFor();
    await look(page, "nothing-found");
    await button(page, "Clear filters").click();
    await expect.poll(names).toEqual(["alpha", "billing", "zeta"]);
    expect(await search.inputValue()).toBe("");
    await page.getByLabel("Owner", { exact: true }).fill("umbrella");
    await expect.poll(names).toEqual(["alpha"]);
    await page.getByRole("link", { name: "API keys" }).click();
    await expect.poll(names).toEqual(["billing", "alpha", "zeta"]);
    await page.getByLabel("Plan").selectOption("pro");
    await expect.poll(names).toEqual(["billing", "alpha"]);
  });

  it("shows what needs attention, and how much of a quota is used", async () => {
    const { page, server } = await setUp({ keyward: { keyPolicy: { rotateAfterDays: 90 } } });
    const { keys } = server.kw;
    server.advance(-100 * DAY_MS);
    const old = await keys.create({ name: "legacy importer", ownerId: "acme", plan: "default" });
    server.advance(95 * DAY_MS);
    const rotated = await keys.create({ name: "billing", ownerId: "acme", scopes: ["reports:write"] });
    server.advance(5 * DAY_MS);
    await keys.create({ name: "trial", ownerId: "umbrella", expiresAt: new Date(Date.now() + 3 * DAY_MS) });
    await keys.create({ name: "fine", expiresAt: new Date(Date.now() + 90 * DAY_MS) });
    await use(server, old.secret.reveal(), 400);
    await use(server, rotated.secret.reveal(), 120);
    await server.kw.usage.flush();
    await keys.rotate(rotated.key.id);
    for (const name of ["mobile app", "reporting", "partner sync", "nightly export", "search"]) {
      await keys.create({ name, ownerId: "umbrella" });
    }
    const { key } = await keys.create({ name: "old app", ownerId: "umbrella" });
    await keys.revoke(key.id);
    const paused = await keys.create({ name: "chargeback", ownerId: "initech" });
    await keys.pause(paused.key.id, { until: new Date(Date.now() + 7 * DAY_MS) });
    await page.reload();
    const row = (name: string) => page.getByRole("row", { name: new RegExp(name) });
    await row("legacy importer").getByText("rotation overdue").waitFor();
    await row("legacy importer").getByText("400 / 2,000").waitFor();
    await row("trial").getByText("expires in 3 days").waitFor();
    await row("Rotating").getByText("ends in 24 hours").waitFor();
    await row("chargeback").getByText("resumes in 7 days").waitFor();
    expect(await row("fine").locator(".status small").count()).toBe(0);
    await look(page, "list");
  });

  it("filters by scope, environment and attention, and shows the requests of seven days", async () => {
    const { page, server } = await setUp({
      keyward: {
        environments: ["prod", "dev"],
        scopes: { "reports:read": "Read reports", "reports:write": "Write reports" },
        plans: { default: { daily: 10 } },
        keyPolicy: { rotateAfterDays: 90 },
      },
    });
    const { keys } = server.kw;
    server.advance(-100 * DAY_MS);
    await keys.create({ name: "old" });
    server.advance(60 * DAY_MS);
    const busy = await keys.create({ name: "busy", scopes: ["reports:read"] });
    server.advance(40 * DAY_MS);
    await keys.create({ name: "trial", environment: "dev", expiresAt: new Date(Date.now() + 3 * DAY_MS) });
    await use(server, busy.secret.reveal(), 9);
    await server.kw.usage.flush();
    await page.reload();
    const names = () => page.locator(".rows .name a").allTextContents();
    await page.getByRole("table").waitFor();
    await expect.poll(names).toEqual(["trial", "busy", "old"]);
    await page.getByRole("img", { name: "9 requests in 7 days" }).waitFor();
    for (const [filter, value, expected] of [
      ["Scope", "reports:read", ["busy"]],
      ["Environment", "dev", ["trial"]],
      ["Attention", "expiring", ["trial"]],
      ["Attention", "unused", ["old"]],
      ["Attention", "overdue", ["old"]],
      ["Attention", "near-quota", ["busy"]],
    ] as const) {
      await page.getByLabel(filter, { exact: true }).selectOption(value);
      await expect.poll(names).toEqual(expected);
      await page.getByText(/^1 matching key(?!s)/).waitFor();
      await page.reload();
      await page.getByRole("table").waitFor();
      await expect.poll(names).toEqual(expected);
      await button(page, "Clear filters").click();
      await expect.poll(names).toEqual(["trial", "busy", "old"]);
    }
  });

  it("changes the plan of all selected keys, and says how many were changed if one fails", async () => {
    const { page, server } = await setUp();
    for (const name of ["one", "two"]) await server.kw.keys.create({ name });
    await page.reload();
    await page.getByLabel("Select all loaded keys").check();
    await button(page, "Change plan").click();
    await page.locator(".dialog").getByLabel("Plan").selectOption("pro");
    let requests = 0;
    await page.route("**/api/api-keys/*", (route) => {
      if (route.request().method() !== "PATCH") return route.continue();
      requests += 1;
      return requests === 2 ? route.abort() : route.continue();
    });
    await page.locator(".dialog").getByRole("button", { name: "Change plan" }).click();
    await page.getByText("1 key of 2 done. The server cannot be reached").waitFor();
    await page.locator(".dialog").getByRole("button", { name: "Change plan" }).click();
    await page.getByText("Changed the plan of 2 keys").waitFor();
    expect((await server.kw.keys.list()).keys.map(({ plan }) => plan)).toEqual(["pro", "pro"]);
  });

  it("pauses and revokes all selected keys after a confirmation", async () => {
    const { page, server } = await setUp();
    for (const name of ["one", "two", "three"]) await server.kw.keys.create({ name });
    await page.reload();
    await page.getByLabel("Select one").check();
    await page.getByLabel("Select two").check();
    await page.getByRole("region", { name: "Selected keys" }).getByText("2 keys selected").waitFor();
    await button(page, "Pause").click();
    await button(page, "Pause keys").click();
    await page.getByText("Paused 2 keys").waitFor();
    const statuses = async () =>
      (await server.kw.keys.list({ order: "name" })).keys.map(({ name, status }) => `${name} ${status}`);
    expect(await statuses()).toEqual(["one paused", "three active", "two paused"]);
    await choose(page, "Actions for one", "Resume…");
    await button(page, "Resume").click();
    await page.getByText("Resumed one").waitFor();
    await page.getByLabel("Select all loaded keys").check();
    await button(page, "Revoke").click();
    await page.getByLabel(/to confirm/).fill("revoke 3");
    await button(page, "Revoke keys").click();
    await page.getByText("Revoked 3 keys").waitFor();
    expect(await statuses()).toEqual(["one revoked", "three revoked", "two revoked"]);
  });

  it("is quick with 10,000 keys, keeps few rows in the document, and polls at most twice a minute", async () => {
    const { page, server } = await setUp();
    for (let count = 0; count < 10_000; count += 1) {
      await server.kw.keys.create({ name: `key number ${count}`, ownerId: `owner ${count % 100}` });
    }
    const startedAt = Date.now();
    await page.reload();
    await page.getByRole("link", { name: "key number 9999" }).waitFor();
    await page.getByLabel("Search keys").fill("number 123");
    await page.getByRole("link", { name: "key number 123", exact: true }).waitFor();
    await page.getByText("11 matching keys").waitFor();
    await page.getByLabel("Search keys").fill("");
    await page.getByText("10,000 keys", { exact: true }).waitFor();
    const lastRow = () =>
      page
        .locator(".rows .row")
        .evaluateAll((rows) => Math.max(...rows.map((row) => Number(row.getAttribute("aria-rowindex")))));
    for (let pages = 1; pages <= 6; pages += 1) {
      // Again and again, because the list grows when its next page has arrived.
      const scrollDown = async () => {
        await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
        return lastRow();
      };
      await expect.poll(scrollDown, { timeout: 10_000 }).toBeGreaterThan(pages * 100);
    }
    expect(Date.now() - startedAt).toBeLessThan(15_000);
    expect(await page.evaluate(() => document.querySelectorAll("*").length)).toBeLessThan(1500);
    const height = await page
      .locator(".rows .row")
      .first()
      .evaluate((row) => row.clientHeight);
    expect(height).toBeLessThanOrEqual(44);
  });
});
