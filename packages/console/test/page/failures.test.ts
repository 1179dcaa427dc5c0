import { describe, expect, it } from "vitest";
import { look } from "./browser.ts";
import { button, withBrowser } from "./set-up.ts";

const { setUp } = withBrowser();

describe("the page, when something fails", { timeout: 60_000 }, () => {
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

  it("says so when more of a list does not come, and keeps what is there", async () => {
    const { page, server } = await setUp();
    for (let count = 0; count < 30; count += 1) await server.kw.keys.create({ name: `key ${count}` });
    await page.getByRole("link", { name: "Audit trail" }).click();
    const rows = page.getByRole("table").getByRole("row");
    await expect.poll(() => rows.count()).toBe(26);
    await server.goAway();
    await button(page, "Show more").click();
    await page.getByText(/The server does not answer/).waitFor({ timeout: 20_000 });
    expect(await rows.count()).toBe(26);
    await server.comeBack();
    await button(page, "Try again").click();
    await page.getByText(/The server does not answer/).waitFor({ state: "detached" });
    await button(page, "Show more").click();
    await expect.poll(() => rows.count()).toBe(31);
  });
});
