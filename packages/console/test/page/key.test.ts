import { createKeyward, memoryStore } from "@keyward/core";
import { describe, expect, it } from "vitest";
import { look } from "./browser.ts";
import { button, shownKey, signIn, use, withBrowser } from "./set-up.ts";

const HOUR_MS = 3_600_000;

const { setUp, open } = withBrowser();

describe("the page of a key", { timeout: 60_000 }, () => {
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
    const shown = shownKey(page);
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
      limits: { rate: 1000, burst: 1000, daily: 60 },
    });
    server.advance(-2 * HOUR_MS);
    await use(server, secret.reveal(), 70);
    server.advance(2 * HOUR_MS);
    await server.kw.usage.flush();
    await page.goto(`${server.url}keys/${key.id}`);
    const plotOf = (period: string) =>
      page.getByRole("img", {
        name: `60 admitted and 10 refused in the last ${period}; the daily limit is 60.`,
      });
    await plotOf("24 hours").waitFor();
    await page.getByText("The same as a table").click();
    const row = page.getByRole("row", { name: "60 10 0 0 10" });
    await row.waitFor();

    let answer = () => {};
    const held = new Promise<void>((resolve) => (answer = resolve));
    await page.route("**/usage?*per=day*", async (route) => {
      await held;
      await route.continue();
    });
    await page.getByLabel("30 days").check({ force: true });
    // Hours are not days, not even for a moment.
    await page.getByText("Loading usage").waitFor();
    expect(await page.getByRole("img").count()).toBe(0);
    answer();
    await plotOf("30 days").waitFor();
    await page.getByRole("columnheader", { name: "Day (UTC)" }).waitFor();
    await row.waitFor();
    await look(page, "usage");
  });

  it("keeps the plan of a key that is no plan any more, until another is chosen", async () => {
    const store = memoryStore();
    const before = createKeyward({ store, plans: { gold: { rate: 9, burst: 9, daily: 9 } } });
    const { key } = await before.keys.create({ name: "of old", plan: "gold" });
    const { page, server } = await setUp({ store });
    await page.goto(`${server.url}keys/${key.id}`);
    await button(page, "Edit").click();
    await page.getByRole("textbox", { name: "Name" }).fill("of late");
    await button(page, "Save").click();
    await page.getByRole("heading", { name: "of late" }).waitFor();
    expect((await server.kw.keys.get(key.id))?.plan).toBe("gold");
    await button(page, "Edit").click();
    await page.getByLabel("Plan").selectOption("pro");
    await button(page, "Save").click();
    await page.getByRole("definition").getByText("pro", { exact: true }).waitFor();
    expect((await server.kw.keys.get(key.id))?.plan).toBe("pro");
  });

  it("of two who change a key at once tells the second, and keeps what was entered", async () => {
    const { page, server } = await setUp();
    const { key } = await server.kw.keys.create({ name: "shared" });
    await page.goto(`${server.url}keys/${key.id}`);
    const { page: other } = await open();
    await signIn(other, `${server.url}keys/${key.id}`);
    await button(page, "Edit").click();
    await button(other, "Edit").click();
    await other.getByRole("textbox", { name: "Name" }).fill("theirs");
    await button(other, "Save").click();
    await other.getByRole("heading", { name: "theirs" }).waitFor();
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
  });
});
