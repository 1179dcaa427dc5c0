import { describe, expect, it } from "vitest";
import { heapOf, look } from "./browser.ts";
import { button, closeReveal, createKey, shownKey, withBrowser } from "./set-up.ts";

const KEY = /prod_[0-9A-Za-z]{8}-[0-9A-Za-z]{4}-[0-9A-Za-z]{4}-[0-9A-Za-z]{8}/;

const { setUp } = withBrowser();

describe("a new key", { timeout: 180_000 }, () => {
  it("is shown once: copied, and then nowhere, not after reload or back, not in storage or memory", async () => {
    const { page, server } = await setUp();
    await page.getByText("No API keys yet").waitFor();
    await look(page, "empty");
    await button(page, "Create API key").click();
    await page.locator(".dialog").waitFor();
    await look(page, "create");
    await button(page, "Cancel").click();
    const raw = await createKey(page, "billing");
    expect(raw).toMatch(KEY);
    await look(page, "shown-once");
    await button(page, "Copy key").click();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(raw);
    await button(page, "Copied").waitFor();
    await page.getByText(`X-API-Key: prod_********-****-****-${raw.slice(-8)}`).waitFor();
    // Not dismissed by accident.
    await page.keyboard.press("Escape");
    await page.keyboard.press("Escape");
    expect(await shownKey(page).textContent()).toBe(raw);
    expect((await server.kw.admit({ header: () => raw, secure: true, ip: "" })).admitted).toBe(true);

    // The middle of the key: what is masked stays visible.
    const hidden = raw.slice(5, 23);
    expect(await heapOf(page)).toContain(hidden);

    await button(page, "Test this key").click();
    await page
      .getByText("The key works. Limits: 200/s · burst 500 · 2,000/day (UTC). Scopes: none.")
      .waitFor();
    await look(page, "tested");

    await closeReveal(page);
    const row = page.getByRole("row", { name: /billing/ });
    await row.getByText(`prod_…${raw.slice(-8)}`).waitFor();
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
    await page.getByRole("heading", { name: "API keys" }).waitFor();
    expect(await holds()).toBe(false);
    await page.reload();
    await page.getByRole("heading", { name: "API keys" }).waitFor();
    expect(await holds()).toBe(false);
  });

  it("stays shown when the session ends and when the back button is used", async () => {
    const { page } = await setUp();
    await page.getByRole("link", { name: "Audit log" }).click();
    await page.getByRole("link", { name: "API keys" }).click();
    const raw = await createKey(page, "kept");
    await page.context().clearCookies();
    // Coming back to the tab loads what is shown again, and finds that the session has ended.
    await page.evaluate(() => dispatchEvent(new Event("visibilitychange")));
    await page.goBack();
    await page.getByText("Password", { exact: true }).waitFor();
    expect(await shownKey(page).textContent()).toBe(raw);
    await closeReveal(page);
    await page.getByLabel("Password").waitFor();
    expect(await page.content()).not.toContain(raw);
  });

  it("is tested as it is, and the reason is shown if it is refused", async () => {
    const { page, server } = await setUp();
    const raw = await createKey(page, "refused");
    const { keys } = await server.kw.keys.list();
    await server.kw.keys.pause(keys[0]?.id as string);
    await button(page, "Test this key").click();
    await page.getByText(/Refused with 401: .*paused/).waitFor();
    expect(await shownKey(page).textContent()).toBe(raw);
    const [usage] = await server.kw.usage.query({ from: new Date(0), to: new Date() });
    expect(usage?.cost ?? 0).toBe(0);
  });

  it("asks before the page is left, and is forgotten then", async () => {
    const { page, server } = await setUp();
    let questions = 0;
    page.removeAllListeners("dialog");
    page.on("dialog", (dialog) => {
      if (dialog.type() === "beforeunload") questions += 1;
      void dialog.accept();
    });
    const raw = await createKey(page, "left");
    await button(page, "Copy key").click();
    await page.goto(`${server.url}audit`);
    await page.getByRole("heading", { name: "Audit log" }).waitFor();
    expect(questions).toBe(1);
    await page.goBack();
    await page.getByRole("link", { name: "left" }).waitFor();
    expect(await page.content()).not.toContain(raw);
  });
});
