import { describe, expect, it } from "vitest";
import { isTooWide, look } from "./browser.ts";
import { button, use, withBrowser } from "./set-up.ts";

const { setUp } = withBrowser();

describe("the page, for everybody", { timeout: 60_000 }, () => {
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
});
