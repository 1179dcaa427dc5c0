import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { heapOf, isTooWide, launchBrowser, look, openPage, signIn, type Watched } from "./browser.ts";
import { PASSWORD, startConsole, type ConsoleServer } from "./console-server.ts";

const KEY = /prod_[0-9A-Za-z]{8}-[0-9A-Za-z]{4}-[0-9A-Za-z]{4}-[0-9A-Za-z]{8}/;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

let browser: Browser;
let watched: Watched | undefined;

beforeAll(async () => {
  browser = await launchBrowser();
});

afterEach(() => {
  const { errors } = watched ?? { errors: [] };
  watched = undefined;
  if (errors.length > 0) throw new Error(`The page complained: ${errors.join("; ")}`);
});

afterAll(() => browser.close());

/** A console, and a browser that is signed in to it. */
async function setUp(options: Parameters<typeof openPage>[1] = {}) {
  const server = await startConsole();
  const opened = await openPage(browser, options);
  watched = opened;
  onTestFinished(async () => {
    await opened.page.context().close();
    await server.close();
  });
  await signIn(opened.page, server.url);
  return { server, ...opened };
}

const button = (page: Page, name: string | RegExp) => page.getByRole("button", { name, exact: true });

async function createKey(page: Page, name: string): Promise<string> {
  await button(page, "Create New API Key").click();
  await page.getByRole("textbox", { name: "Name" }).fill(name);
  await button(page, "Create key").click();
  const shown = page.getByLabel("API key", { exact: true });
  await shown.waitFor();
  return (await shown.textContent()) ?? "";
}

/** Uses a key as a customer would. */
async function use(server: ConsoleServer, raw: string, times: number, ip = "198.51.100.7"): Promise<void> {
  for (let count = 0; count < times; count += 1) {
    await server.kw.admit({ header: () => raw, secure: true, ip });
  }
}

describe("the console's page", { timeout: 60_000 }, () => {
  it("signs in and out, says what was wrong, and asks nobody but its own server", async () => {
    const server = await startConsole({ signIn: { attempts: { limit: 3, windowMs: 60_000 } } });
    watched = await openPage(browser);
    const { page, hosts } = watched;
    onTestFinished(async () => {
      await page.context().close();
      await server.close();
    });
    await page.goto(`${server.url}audit`);
    await look(page, "sign-in");
    await page.getByLabel("Password").fill("not the password");
    await page.keyboard.press("Enter");
    await page.getByText("This is not the password.").waitFor();
    await page.getByLabel("Password").fill(PASSWORD);
    await page.keyboard.press("Enter");
    // Where one wanted to go.
    await page.getByRole("heading", { name: "Audit trail" }).waitFor();
    await button(page, "Sign out").click();
    await page.getByLabel("Password").waitFor();
    await page.reload();
    await page.getByLabel("Password").waitFor();
    for (let times = 0; times < 4; times += 1) {
      await page.getByLabel("Password").fill("not the password");
      await button(page, "Sign in").click();
      await button(page, "Sign in").waitFor();
    }
    await page.getByText(/Too many attempts/).waitFor();
    expect([...hosts]).toEqual(["localhost"]);
  });

  it("shows a new key once: copied, and then nowhere, not after reload or back, not in storage or memory", async () => {
    const { page, server } = await setUp();
    await page.getByText("No API keys yet").waitFor();
    await look(page, "empty");
    await button(page, "Create New API Key").click();
    await look(page, "create");
    await button(page, "Cancel").click();
    const raw = await createKey(page, "billing");
    expect(raw).toMatch(KEY);
    await look(page, "shown-once");
    await button(page, "Copy key").click();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(raw);
    await button(page, "Copied").waitFor();
    // Not dismissed by accident.
    await page.keyboard.press("Escape");
    await page.keyboard.press("Escape");
    expect(await page.getByLabel("API key", { exact: true }).textContent()).toBe(raw);
    expect((await server.kw.admit({ header: () => raw, secure: true, ip: "" })).admitted).toBe(true);

    // The middle of the key: what is masked stays visible.
    const hidden = raw.slice(5, 23);
    expect(await heapOf(page)).toContain(hidden);

    await button(page, "I have stored it").click();
    const row = page.getByRole("row", { name: /billing/ });
    await row.getByText(`prod_********-****-****-${raw.slice(-8)}`).waitFor();
    const holds = async () => {
      const kept = await page.evaluate(async () => {
        const storages = JSON.stringify([{ ...localStorage }, { ...sessionStorage }, history.state]);
        const databases = await indexedDB.databases();
        const cached = await caches.keys();
        return (
          document.documentElement.outerHTML + storages + JSON.stringify([databases, cached]) + location.href
        );
      });
      return kept.includes(raw);
    };
    expect(await holds()).toBe(false);
    expect(await heapOf(page)).not.toContain(hidden);
    await page.getByRole("link", { name: "billing" }).click();
    await page.getByRole("heading", { name: "billing" }).waitFor();
    await page.goBack();
    await page.getByRole("heading", { name: "API Keys" }).waitFor();
    expect(await holds()).toBe(false);
    await page.reload();
    await page.getByRole("heading", { name: "API Keys" }).waitFor();
    expect(await holds()).toBe(false);
  });

  it("forgets a key that is still shown when the page is left, and back does not bring it again", async () => {
    const { page, server } = await setUp();
    const raw = await createKey(page, "left");
    await page.goto(`${server.url}audit`);
    await page.getByRole("heading", { name: "Audit trail" }).waitFor();
    await page.goBack();
    await page.getByRole("link", { name: "left" }).waitFor();
    expect(await page.content()).not.toContain(raw);
    const again = await createKey(page, "reloaded");
    await page.reload();
    await page.getByRole("link", { name: "reloaded" }).waitFor();
    expect(await page.content()).not.toContain(again);
  });

  it("searches, narrows down, sorts, and keeps that in the address", async () => {
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
    const names = () => page.locator("tbody th a").allTextContents();
    expect(await names()).toEqual(["billing", "alpha", "zeta"]);
    await page.getByLabel("Sort by").selectOption("name");
    await expect.poll(names).toEqual(["alpha", "billing", "zeta"]);
    await page.getByLabel("Search").fill("ACM");
    await expect.poll(names).toEqual(["billing", "zeta"]);
    await page.getByLabel("Status").selectOption("active");
    await expect.poll(names).toEqual(["billing"]);
    expect(new URL(page.url()).search).toBe("?order=name&search=ACM&status=active");
    await page.reload();
    await expect.poll(names).toEqual(["billing"]);
    await page.getByLabel("Search").fill("nothing is like this");
    await page.getByText("No key is like that").waitFor();
    await look(page, "nothing-found");
    await button(page, "Show all keys").click();
    await expect.poll(names).toEqual(["alpha", "billing", "zeta"]);
    await page.getByLabel("Plan").selectOption("pro");
    await expect.poll(names).toEqual(["alpha", "billing"]);
  });

  it("changes limits, rotates with a chosen overlap, regenerates and deletes", async () => {
    const { page, server } = await setUp();
    const made = await server.kw.keys.create({ name: "billing" });
    await page.goto(`${server.url}keys/${made.key.id}`);
    await button(page, "Change limits").click();
    await page.getByLabel("Its own").check();
    await page.getByLabel("Requests a second, sustained").fill("7");
    await page.getByLabel("Requests in any one second").fill("5");
    await look(page, "limits");
    await button(page, "Save").click();
    await page.getByText(/burst: .*at least/i).waitFor();
    await page.getByLabel("Requests in any one second").fill("9");
    await page.getByLabel("Requests a UTC day").fill("100");
    await button(page, "Save").click();
    await page.getByText("Limits of this key's own.").waitFor();
    expect((await server.kw.keys.get(made.key.id))?.limits).toEqual({ rate: 7, burst: 9, daily: 100 });

    await use(server, made.secret.reveal(), 3);
    await server.kw.usage.flush();
    await button(page, "Rotate").click();
    await page.getByLabel("The old key works for another").selectOption("7 days");
    await look(page, "rotate");
    await button(page, "Rotate key").click();
    const shown = page.getByLabel("API key", { exact: true });
    await shown.waitFor();
    const rotated = (await shown.textContent()) ?? "";
    await button(page, "I have stored it").click();
    await page.getByText(/This key was rotated.*in 6 days.*last used just now, from 198.51.100.7/).waitFor();
    await look(page, "overlap");
    for (const raw of [rotated, made.secret.reveal()]) {
      expect((await server.kw.admit({ header: () => raw, secure: true, ip: "" })).admitted).toBe(true);
    }

    await page.getByRole("link", { name: "The key that took its place" }).click();
    await button(page, "Regenerate").click();
    await page.getByText("This cannot be undone.").waitFor();
    await button(page, "Regenerate key").click();
    await shown.waitFor();
    await button(page, "I have stored it").click();
    await page.getByText(/^Revoked/).waitFor();
    expect(await server.kw.admit({ header: () => rotated, secure: true, ip: "" })).toMatchObject({
      status: 401,
    });

    await page.getByRole("link", { name: "The key that took its place" }).click();
    await button(page, "Delete").click();
    const confirm = button(page, "Delete key");
    expect(await confirm.isDisabled()).toBe(true);
    await page.getByLabel(/to confirm/).fill("Billing");
    expect(await confirm.isDisabled()).toBe(true);
    await page.getByLabel(/to confirm/).fill("billing");
    await look(page, "delete");
    await confirm.click();
    await page.getByText(/^Revoked.*This cannot be undone/).waitFor();
    expect((await server.kw.keys.list()).keys.map(({ status }) => status)).toEqual([
      "revoked",
      "revoked",
      "active",
    ]);
  });

  it("plots use by hour and day with the limit, and shows the numbers behind it", async () => {
    const { page, server } = await setUp();
    const { key, secret } = await server.kw.keys.create({
      name: "used",
      limits: { rate: 40, burst: 40, daily: 60 },
    });
    const raw = secret.reveal();
    await use(server, raw, 50);
    server.advance(2 * HOUR_MS);
    await use(server, raw, 30);
    await server.kw.usage.flush();
    await page.goto(`${server.url}keys/${key.id}`);
    const plot = page.getByRole("img", { name: /admitted and/ });
    await plot.waitFor();
    await page.getByText("The same as a table").click();
    const table = page.getByRole("table", { name: /Usage by/ });
    await expect.poll(() => table.getByRole("row").count()).toBeGreaterThanOrEqual(2);
    await page.getByLabel("30 days").check({ force: true });
    await table.getByText("Day (UTC)").waitFor();
    expect(await plot.getAttribute("aria-label")).toMatch(
      /admitted and \d+ refused in the last 30 days; the daily limit is 60/,
    );
    await look(page, "usage");
  });

  it("warns of keys that expire soon or have not been rotated, and says what is still used", async () => {
    const { page, server } = await setUp();
    const { keys } = server.kw;
    server.advance(-100 * DAY_MS);
    const old = await keys.create({ name: "legacy importer", ownerId: "acme", plan: "pro" });
    server.advance(95 * DAY_MS);
    const rotated = await keys.create({ name: "billing", ownerId: "acme", scopes: ["reports:write"] });
    server.advance(5 * DAY_MS);
    await keys.create({ name: "trial", ownerId: "umbrella", expiresAt: new Date(Date.now() + 3 * DAY_MS) });
    await keys.create({ name: "fine", expiresAt: new Date(Date.now() + 90 * DAY_MS) });
    await use(server, old.secret.reveal(), 400);
    await use(server, rotated.secret.reveal(), 120);
    await server.kw.usage.flush();
    await keys.rotate(rotated.key.id);
    const { key } = await keys.create({ name: "mobile app", ownerId: "umbrella" });
    await keys.revoke(key.id);
    await page.reload();
    const row = (name: string) => page.getByRole("row", { name: new RegExp(`^${name}`) });
    await row("legacy importer").getByText("Not rotated for 90 days").waitFor();
    await row("trial")
      .getByText(/Expires in 2 days/)
      .waitFor();
    await row("billing").getByText("being replaced").waitFor();
    await row("billing")
      .getByText(/Ends in 23 hours/)
      .waitFor();
    expect(await row("fine").locator(".warn").count()).toBe(0);
    await look(page, "list");
  });

  it("takes names, owners, scopes and metadata for text, whatever they look like", async () => {
    const { page, server } = await setUp();
    const hostile = `"><img src=x onerror=alert(1)><script>alert(2)</script>{{7*7}}\${7*7}`;
    const { key } = await server.kw.keys.create(
      {
        name: hostile,
        ownerId: hostile,
        metadata: { [hostile]: hostile, list: [hostile], __proto__: { polluted: true } },
      },
      { actor: hostile, address: hostile },
    );
    await page.reload();
    await page.getByRole("link", { name: hostile }).click();
    await page.getByRole("heading", { name: hostile }).waitFor();
    for (const act of ["Edit", "Rotate", "Regenerate", "Delete"]) {
      await button(page, act).click();
      await page.getByRole("dialog").getByRole("heading", { name: hostile }).waitFor();
      await button(page, "Cancel").click();
    }
    await look(page, "hostile");
    await page.goto(`${server.url}audit`);
    await page.getByRole("cell", { name: hostile }).first().waitFor();
    await page.goto(
      `${server.url}?search=${encodeURIComponent(hostile)}&status=%22%3E%3Cscript%3E&order=<b>`,
    );
    await page.getByRole("link", { name: hostile }).waitFor();
    await page.goto(`${server.url}keys/${encodeURIComponent("<script>alert(3)</script>")}`);
    await page.getByText("There is no such key").waitFor();
    expect(await page.locator("img, main script").count()).toBe(0);
    await button(page, "Create New API Key").isVisible();
    expect((await server.kw.keys.get(key.id))?.name).toBe(hostile);
  });

  it("works by keyboard alone: create, copy, edit, delete, with the focus where it should be", async () => {
    const { page, server } = await setUp();
    const press = async (...keys: string[]) => {
      for (const key of keys) await page.keyboard.press(key);
    };
    const focused = () =>
      page.evaluate(
        () => document.activeElement?.getAttribute("name") ?? document.activeElement?.textContent,
      );
    await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
    await press("Tab");
    expect(await focused()).toBe("Skip to content");
    await press("Enter", "Tab");
    expect(await focused()).toBe("Create New API Key");
    await press("Enter");
    await expect.poll(focused).toBe("name");
    await page.keyboard.type("by hand");
    await press("Enter");
    await expect.poll(focused).toBe("Copy key");
    await press("Enter");
    await button(page, "Copied").waitFor();
    // The focus stays within the dialog, however often one goes on.
    for (let times = 0; times < 8; times += 1) {
      await press("Tab");
      const inside = await page.evaluate(
        () => document.activeElement === document.body || document.activeElement?.closest("dialog") !== null,
      );
      expect(inside).toBe(true);
    }
    await button(page, "I have stored it").focus();
    await press("Enter");
    await expect.poll(focused).toBe("Create New API Key");
    await page.getByRole("link", { name: "by hand" }).focus();
    await press("Enter");
    await button(page, "Delete").focus();
    await press("Enter");
    await page.getByLabel(/to confirm/).waitFor();
    await press("Escape");
    await expect.poll(focused).toBe("Delete");
    await press("Enter");
    await page.keyboard.type("by hand");
    await press("Enter");
    await page.getByText(/^Revoked/).waitFor();
    expect((await server.kw.keys.list()).keys[0]?.status).toBe("revoked");
  });

  it.each([
    ["phone", { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true }],
    ["dark", { colorScheme: "dark" }],
    ["dark-phone", { viewport: { width: 360, height: 740 }, colorScheme: "dark" }],
    ["without-motion", { reducedMotion: "reduce", forcedColors: "active" }],
  ] as const)("is whole and accessible: %s", async (name, options) => {
    const { page, server } = await setUp(options);
    const { key, secret } = await server.kw.keys.create({
      name: "a key with a rather long name that somebody chose",
      ownerId: "an-owner-whose-name-has-no-spaces-anywhere-in-it",
      scopes: ["reports:read", "reports:write"],
      limits: { rate: 20, burst: 30, daily: 100 },
    });
    await use(server, secret.reveal(), 120);
    await server.kw.usage.flush();
    await page.reload();
    await page.getByRole("link", { name: key.name }).waitFor();
    expect(await isTooWide(page)).toBe(false);
    await look(page, `list-${name}`);
    await button(page, "Create New API Key").click();
    await look(page, `create-${name}`);
    await page.getByRole("textbox", { name: "Name" }).fill("another");
    await button(page, "Create key").click();
    await button(page, "Copy key").waitFor();
    expect(await isTooWide(page)).toBe(false);
    await button(page, "I have stored it").click();
    await page.getByRole("link", { name: key.name }).click();
    await page.getByRole("img", { name: /admitted and/ }).waitFor();
    await page.getByText("The same as a table").click();
    expect(await isTooWide(page)).toBe(false);
    await look(page, `key-${name}`);
    await page.getByRole("link", { name: "Audit trail" }).click();
    await page.getByRole("table").waitFor();
    expect(await isTooWide(page)).toBe(false);
    await look(page, `audit-${name}`);
  });

  it("of two who change a key at once tells the second, and keeps what was entered", async () => {
    const { page, server } = await setUp();
    const { key } = await server.kw.keys.create({ name: "shared" });
    await page.goto(`${server.url}keys/${key.id}`);
    const other = await openPage(browser);
    onTestFinished(() => other.page.context().close());
    await signIn(other.page, `${server.url}keys/${key.id}`);
    await button(page, "Edit").click();
    await button(other.page, "Edit").click();
    await other.page.getByRole("textbox", { name: "Name" }).fill("theirs");
    await button(other.page, "Save").click();
    await other.page.getByRole("heading", { name: "theirs" }).waitFor();
    await page.getByRole("textbox", { name: "Name" }).fill("mine");
    await button(page, "Save").click();
    await page.getByText(/Somebody else changed this key/).waitFor();
    await look(page, "conflict");
    expect(await page.getByRole("textbox", { name: "Name" }).inputValue()).toBe("mine");
    expect((await server.kw.keys.get(key.id))?.name).toBe("theirs");
    await button(page, "Save").click();
    await page.getByRole("heading", { name: "mine" }).waitFor();
    expect((await server.kw.keys.get(key.id))?.name).toBe("mine");
    // One deletes what the other looks at.
    await button(page, "Rotate").click();
    await server.kw.keys.revoke(key.id);
    await button(page, "Rotate key").click();
    await page.getByText(/is revoked, which cannot be undone/).waitFor();
    expect(other.errors).toEqual([]);
  });

  it("shows the sign-in when the session has ended, in the middle of an act too", async () => {
    const { page, server } = await setUp();
    await button(page, "Create New API Key").click();
    await page.getByRole("textbox", { name: "Name" }).fill("too late");
    await page.context().clearCookies();
    await button(page, "Create key").click();
    await page.getByLabel("Password").waitFor();
    expect((await server.kw.keys.list()).keys).toHaveLength(0);
    await page.getByLabel("Password").fill(PASSWORD);
    await page.keyboard.press("Enter");
    await page.getByText("No API keys yet").waitFor();
    server.advanceSessions(13 * HOUR_MS);
    await page.getByLabel("Sort by").selectOption("name");
    await page.getByLabel("Password").waitFor();
  });

  it("says that the server is gone in the middle of an act, loses nothing, and makes one key", async () => {
    const { page, server } = await setUp();
    await button(page, "Create New API Key").click();
    await page.getByRole("textbox", { name: "Name" }).fill("once");
    await server.goAway();
    await button(page, "Create key").click();
    await page.getByText(/The server does not answer/).waitFor();
    await look(page, "server-gone");
    expect(await page.getByRole("textbox", { name: "Name" }).inputValue()).toBe("once");
    await server.comeBack();
    await button(page, "Create key").click();
    await button(page, "I have stored it").click();
    await page.getByRole("link", { name: "once" }).waitFor();

    // The key is made, and its answer lost on the way.
    await button(page, "Create New API Key").click();
    await page.getByRole("textbox", { name: "Name" }).fill("lost");
    await page.route(
      "**/api/api-keys",
      async (route) => {
        await route.fetch();
        await route.abort();
      },
      { times: 1 },
    );
    await button(page, "Create key").click();
    await page.getByText(/The server does not answer/).waitFor();
    await button(page, "Create key").click();
    await page.getByText(/the answer with it was lost/).waitFor();
    expect((await server.kw.keys.list({ search: "lost" })).keys).toHaveLength(1);
    await page.getByRole("link", { name: "Open it" }).click();
    await page.getByRole("heading", { name: "lost" }).waitFor();

    await page.context().setOffline(true);
    await page.getByText(/You are offline/).waitFor();
    await page.context().setOffline(false);
    await server.goAway();
    await page.getByRole("link", { name: "Audit trail" }).click();
    await page.getByText(/The server does not answer/).waitFor({ timeout: 20_000 });
    await server.comeBack();
    await button(page, "Try again").click();
    await page.getByRole("table").waitFor();
  });

  it("is quick with 10,000 keys: shown, searched and gone through", async () => {
    const { page, server } = await setUp();
    for (let count = 0; count < 10_000; count += 1) {
      await server.kw.keys.create({ name: `key number ${count}`, ownerId: `owner ${count % 100}` });
    }
    const startedAt = Date.now();
    await page.reload();
    await page.getByRole("link", { name: "key number 9999" }).waitFor();
    await page.getByLabel("Search").fill("number 123");
    await page.getByRole("link", { name: "key number 123", exact: true }).waitFor();
    await page.getByText("11 keys shown, all that fit.").waitFor();
    await page.getByLabel("Search").fill("");
    await page.getByText("50 keys shown.").waitFor();
    for (let pages = 2; pages <= 6; pages += 1) {
      await button(page, "Show more").click();
      await page.getByText(`${pages * 50} keys shown.`).waitFor();
    }
    expect(Date.now() - startedAt).toBeLessThan(10_000);
  });
});
