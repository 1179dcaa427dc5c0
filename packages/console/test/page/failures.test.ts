import { describe, expect, it } from "vitest";
import { look } from "./browser.ts";
import { button, closeReveal, withBrowser } from "./set-up.ts";

const { setUp } = withBrowser();

describe("the page, when something fails", { timeout: 60_000 }, () => {
  it("says that the server is gone in the middle of an act, loses nothing, and makes one key", async () => {
    const { page, server } = await setUp();
    await button(page, "Create API key").click();
    await page.getByRole("textbox", { name: "Name", exact: true }).fill("once");
    await server.goAway();
    await button(page, "Create key").click();
    await page.getByText(/The server cannot be reached/).waitFor();
    await look(page, "server-gone");
    expect(await page.getByRole("textbox", { name: "Name", exact: true }).inputValue()).toBe("once");
    await server.comeBack();
    await button(page, "Create key").click();
    await closeReveal(page);
    await page.getByRole("link", { name: "once" }).waitFor();

    // The key is created, and the response is lost.
    await button(page, "Create API key").click();
    await page.getByRole("textbox", { name: "Name", exact: true }).fill("lost");
    await page.route(
      "**/api/api-keys",
      async (route) => {
        await route.fetch();
        await route.abort();
      },
      { times: 1 },
    );
    await button(page, "Create key").click();
    await page.getByText(/The server cannot be reached/).waitFor();
    await button(page, "Create key").click();
    await page.getByText(/the response was lost/).waitFor();
    expect((await server.kw.keys.list({ search: "lost" })).keys).toHaveLength(1);
    await page.getByRole("link", { name: "Open the key" }).click();
    await page.getByRole("heading", { name: "lost" }).waitFor();

    await page.context().setOffline(true);
    await page.getByText(/You are offline/).waitFor();
    await page.context().setOffline(false);
    await server.goAway();
    await page.getByRole("link", { name: "Audit log" }).click();
    await page.getByText(/The server cannot be reached/).waitFor({ timeout: 20_000 });
    await server.comeBack();
    await button(page, "Retry").click();
    await page.getByRole("table").waitFor();
  });

  it("says so when more of a list does not come, and keeps what is there", async () => {
    const { page, server } = await setUp();
    for (let count = 0; count < 60; count += 1) await server.kw.keys.create({ name: `key ${count}` });
    await page.getByRole("link", { name: "Audit log" }).click();
    const rows = page.getByRole("table").getByRole("row");
    await expect.poll(() => rows.count()).toBe(51);
    await server.goAway();
    await button(page, "Load more").click();
    await page.getByText(/The server cannot be reached/).waitFor({ timeout: 20_000 });
    expect(await rows.count()).toBe(51);
    await server.comeBack();
    await button(page, "Retry").click();
    await page.getByText(/The server cannot be reached/).waitFor({ state: "detached" });
    // The header, the sign-in and 60 keys.
    await expect.poll(() => rows.count()).toBe(62);
  });

  it("says that a sign-out failed, and stays signed in", async () => {
    const { page } = await setUp();
    await page.route("**/api/session", (route) => route.fulfill({ status: 503 }));
    await button(page, "Sign out").click();
    await page.getByText(/You are still signed in/).waitFor();
    await page.unroute("**/api/session");
    await button(page, "Sign out").click();
    await page.getByLabel("Password").waitFor();
    expect(await page.context().cookies()).toMatchObject([{ name: "__Host-keyward-device" }]);
  });

  it("creates a key on a page over plain HTTP, which has no crypto.randomUUID", async () => {
    const { page, server } = await setUp();
    await page.addInitScript(() => Object.assign(crypto, { randomUUID: undefined }));
    await page.reload();
    await button(page, "Create API key").click();
    await page.getByRole("textbox", { name: "Name", exact: true }).fill("plain");
    await button(page, "Create key").click();
    await closeReveal(page);
    await page.getByRole("link", { name: "plain" }).waitFor();
    expect((await server.kw.keys.list()).keys).toHaveLength(1);
  });
});
