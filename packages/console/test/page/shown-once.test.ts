import { describe, expect, it } from "vitest";
import { heapOf, look } from "./browser.ts";
import { button, createKey, shownKey, withBrowser } from "./set-up.ts";

const KEY = /prod_[0-9A-Za-z]{8}-[0-9A-Za-z]{4}-[0-9A-Za-z]{4}-[0-9A-Za-z]{8}/;

const { setUp } = withBrowser();

describe("a new key", { timeout: 60_000 }, () => {
  it("is shown once: copied, and then nowhere, not after reload or back, not in storage or memory", async () => {
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
    expect(await shownKey(page).textContent()).toBe(raw);
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

  it("that is still shown is forgotten when the page is left, and going back does not bring it again", async () => {
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
});
