import { describe, expect, it } from "vitest";
import { look } from "./browser.ts";
import { button, use, withBrowser } from "./set-up.ts";

const DAY_MS = 86_400_000;

const { setUp } = withBrowser();

describe("the list of keys", { timeout: 60_000 }, () => {
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
    expect(await page.getByLabel("Search").inputValue()).toBe("");
    await page.getByLabel("Search").fill("zet");
    await expect.poll(names).toEqual(["zeta"]);
    await page.getByRole("link", { name: "API Keys" }).click();
    await expect.poll(names).toEqual(["billing", "alpha", "zeta"]);
    expect(await page.getByLabel("Search").inputValue()).toBe("");
    await page.getByLabel("Plan").selectOption("pro");
    await expect.poll(names).toEqual(["billing", "alpha"]);
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
