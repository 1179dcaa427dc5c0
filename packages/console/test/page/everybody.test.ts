import { describe, expect, it } from "vitest";
import { isTooWide, look } from "./browser.ts";
import { button, choose, closeReveal, use, withBrowser } from "./set-up.ts";

const { setUp } = withBrowser();

describe("the page, for all users", { timeout: 60_000 }, () => {
  it("displays names, owners, scopes and metadata as text", async () => {
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
    await page.getByRole("link", { name: hostile }).first().click();
    await page.getByRole("heading", { name: hostile }).waitFor();
    for (const entry of ["Edit…", "Pause…", "Revoke…"]) {
      await choose(page, "More actions", entry);
      await page.locator(".dialog").getByRole("heading", { name: hostile }).waitFor();
      await button(page, "Cancel").click();
    }
    await look(page, "hostile");
    await page.goto(`${server.url}audit`);
    await page.getByRole("cell", { name: hostile }).first().waitFor();
    await page.goto(
      `${server.url}keys?search=${encodeURIComponent(hostile)}&status=%22%3E%3Cscript%3E&order=<b>`,
    );
    await page.getByRole("link", { name: hostile }).first().waitFor();
    await page.goto(`${server.url}keys/${encodeURIComponent("<script>alert(3)</script>")}`);
    await page.getByText("This key does not exist").waitFor();
    expect(await page.locator("img, main script").count()).toBe(0);
    await button(page, "Create API key").isVisible();
    expect((await server.kw.keys.get(key.id))?.name).toBe(hostile);
  });

  it("works by keyboard alone: create, copy and revoke, with the focus where it should be", async () => {
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
    expect(await focused()).toBe("Create API key");
    await press("Enter");
    await expect.poll(focused).toBe("name");
    await page.keyboard.type("by hand");
    await press("Enter");
    await expect.poll(focused).toBe("I have saved the key");
    await button(page, "Copy key").focus();
    await press("Enter");
    await button(page, "Copied").waitFor();
    // Tab keeps the focus within the dialog. At its ends it passes an invisible guard, which returns it in a later frame.
    const isInside = () =>
      page.evaluate(
        () =>
          document.activeElement === document.body ||
          document.activeElement?.closest("[role=dialog]") !== null,
      );
    for (let times = 0; times < 8; times += 1) {
      await press("Tab");
      await expect.poll(isInside).toBe(true);
    }
    await button(page, "I have saved the key").focus();
    await press("Enter");
    await page.locator(".dialog").waitFor({ state: "detached" });
    await page.getByRole("link", { name: "by hand" }).focus();
    await press("Enter");
    const revoke = async () => {
      await button(page, "More actions").focus();
      await press("Enter", "End", "Enter");
      await page.getByLabel(/to confirm/).waitFor();
    };
    await revoke();
    await press("Escape");
    await page.locator(".dialog").waitFor({ state: "detached" });
    await revoke();
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
      name: "a key with a rather long name that a customer chose",
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
    await button(page, "Create API key").click();
    await page.locator(".dialog").waitFor();
    await look(page, `create-${name}`);
    await page.getByRole("textbox", { name: "Name", exact: true }).fill("another");
    await button(page, "Create key").click();
    await button(page, "Copy key").waitFor();
    expect(await isTooWide(page)).toBe(false);
    await closeReveal(page);
    await page.getByRole("link", { name: key.name }).click();
    await page.getByRole("slider").waitFor();
    await page.getByText("Show as a table").click();
    expect(await isTooWide(page)).toBe(false);
    await look(page, `key-${name}`);
    await page.getByRole("link", { name: "Audit log" }).click();
    await page.getByRole("table").waitFor();
    expect(await isTooWide(page)).toBe(false);
    await look(page, `audit-${name}`);
  });
});
