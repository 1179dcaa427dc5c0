import { describe, expect, it } from "vitest";
import { look } from "./browser.ts";
import { button, choose, closeReveal, createKey, serve, shownKey, withBrowser } from "./set-up.ts";

const { open } = withBrowser();

describe("the page of a customer", { timeout: 60_000 }, () => {
  it("shows what the customer may do, and nothing else", async () => {
    const server = await serve({
      authorize: () => ({ actor: "jane", ownerId: "acme" }),
      brand: {
        name: "Weather <b>API</b>",
        logo: "/admin/assets/missing.svg",
        homeUrl: "/account",
        accent: "#ffd400",
      },
      messages: { apiKeys: "Access tokens", introduction: "For <i>programs</i>.", noKeys: "No tokens yet." },
      locale: "de",
    });
    const { page } = await open();
    await page.goto(`${server.url}keys`);
    await page.getByText("No API keys yet").waitFor();
    const home = page.getByRole("link", { name: "Weather <b>API</b>" });
    expect(await home.getAttribute("href")).toBe("/account");
    expect(await home.getByRole("presentation").getAttribute("src")).toBe("/admin/assets/missing.svg");
    await page.getByRole("heading", { name: "Access tokens" }).waitFor();
    await page.getByText("For <i>programs</i>.").waitFor();
    await page.getByText("No tokens yet.").waitFor();
    expect(await page.title()).toBe("Access tokens");
    const create = button(page, "Create API key");
    expect(await create.evaluate((element) => getComputedStyle(element).color)).toBe("rgb(0, 0, 0)");
    await look(page, "customer");
    expect(await page.getByRole("link", { name: "Owners" }).count()).toBe(0);
    expect(await page.getByLabel("Owner").count()).toBe(0);
    expect(await page.content()).not.toMatch(/admin(?!\/)/i);
    await button(page, "Create API key").click();
    const dialog = page.locator(".dialog");
    await dialog.getByText("Advanced").click();
    for (const label of ["Owner", "Plan", "Scopes", "Rate", "Metadata"]) {
      expect(await dialog.getByLabel(label, { exact: true }).count(), label).toBe(0);
    }
    await button(page, "Cancel").click();
    await createKey(page, "ci");
    await closeReveal(page);

    await page.getByRole("link", { name: "ci" }).click();
    await page
      .getByText(/^\d+\.\d+\.\d{4}, /)
      .first()
      .waitFor();
    await choose(page, "More actions", "Edit…");
    await dialog.getByLabel("Name").fill("deploy");
    expect(await dialog.getByRole("textbox").count()).toBe(1);
    await button(page, "Save").click();
    await page.getByRole("heading", { name: "deploy" }).waitFor();
    await button(page, "More actions").click();
    expect(await page.getByRole("menuitem").allTextContents()).toEqual(["Edit…", "Pause…", "Revoke…"]);
    await page.keyboard.press("Escape");
    await button(page, "Rotate").click();
    await button(page, "Rotate key").click();
    await shownKey(page).waitFor();
    const { keys } = await server.kw.keys.list();
    expect(keys.map(({ name, ownerId, plan }) => [name, ownerId, plan])).toEqual([
      ["deploy", "acme", undefined],
      ["deploy", "acme", undefined],
    ]);
  });

  it("does not show the operator who paused a key, nor the reason, and offers no way to resume it", async () => {
    const server = await serve({ authorize: () => ({ actor: "jane", ownerId: "acme" }) });
    const { key } = await server.kw.keys.create({ name: "ci", ownerId: "acme" });
    await server.kw.keys.pause(key.id, { reason: "suspected fraud" }, { actor: "olga" });
    const { page } = await open();
    await page.goto(`${server.url}keys/${key.id}`);
    await page.getByText(/Paused by an operator/).waitFor();
    await page.getByRole("cell", { name: "operator", exact: true }).first().waitFor();
    expect(await page.content()).not.toMatch(/fraud|olga/);
    await button(page, "More actions").click();
    expect(await page.getByRole("menuitem").allTextContents()).toEqual(["Edit…", "Revoke…"]);
  });

  it("shows a viewer no way to change anything", async () => {
    const server = await serve({ authorize: () => ({ actor: "vic", may: "view" }) });
    const { key } = await server.kw.keys.create({ name: "ci", ownerId: "acme" });
    const { page } = await open();
    await page.goto(`${server.url}keys`);
    await button(page, "Actions for ci").click();
    expect(await page.getByRole("menuitem").allTextContents()).toEqual(["Open"]);
    await page.keyboard.press("Escape");
    expect(await page.getByRole("checkbox").count()).toBe(0);
    expect(await button(page, "Create API key").count()).toBe(0);
    await page.goto(`${server.url}keys/${key.id}`);
    await page.getByRole("heading", { name: "ci" }).waitFor();
    for (const name of ["Rotate", "More actions"]) expect(await button(page, name).count()).toBe(0);
    await page.goto(`${server.url}owners/acme`);
    await page.getByRole("heading", { name: "acme" }).waitFor();
    for (const name of ["Edit", "More actions"]) expect(await button(page, name).count()).toBe(0);
  });
});
