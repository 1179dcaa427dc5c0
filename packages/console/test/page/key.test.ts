import { createKeyward, memoryStore } from "@keyward/core";
import { describe, expect, it } from "vitest";
import { look } from "./browser.ts";
import { button, choose, closeReveal, shownKey, signIn, use, withBrowser } from "./set-up.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const { setUp, open } = withBrowser();

describe("the page of a key", { timeout: 180_000 }, () => {
  it("changes limits, with each error at its field, and rotates, pauses, resumes and revokes", async () => {
    const { page, server } = await setUp();
    const made = await server.kw.keys.create({ name: "billing  service" });
    await page.goto(`${server.url}keys/${made.key.id}`);
    const dialog = page.locator(".dialog");
    await choose(page, "More actions", "Edit…");
    await dialog.getByLabel("Rate", { exact: true }).fill("7");
    await dialog.getByLabel("Burst", { exact: true }).fill("5");
    await dialog.getByLabel("Per day").fill("none");
    await button(page, "Save").click();
    await dialog.getByText(/must not be below rate/i).waitFor();
    expect(await dialog.locator("[aria-invalid=true]").count()).toBe(1);
    await look(page, "limits");
    await dialog.getByLabel("Burst", { exact: true }).fill("9");
    await dialog.getByLabel("Per month").fill("1,000");
    await button(page, "Save").click();
    await page.getByText("7/s · burst 9 · 1,000/month (UTC)").waitFor();
    expect((await server.kw.keys.get(made.key.id))?.limits).toEqual({
      rate: 7,
      burst: 9,
      daily: null,
      monthly: 1000,
    });

    await use(server, made.secret.reveal(), 3);
    await server.kw.usage.flush();
    await button(page, "Rotate").click();
    await dialog.getByLabel("The old key stops working").selectOption("In 7 days");
    await look(page, "rotate");
    await button(page, "Rotate key").click();
    await shownKey(page).waitFor();
    const rotated = (await shownKey(page).textContent()) ?? "";
    await closeReveal(page);
    await page.getByText(/This key was rotated.*in 7 days.*last used just now from 198.51.100.7/).waitFor();
    await look(page, "overlap");
    for (const raw of [rotated, made.secret.reveal()]) {
      expect((await server.kw.admit({ header: () => raw, secure: true, ip: "" })).admitted).toBe(true);
    }

    await page.getByRole("link", { name: "Open the new key" }).click();
    await choose(page, "More actions", "Pause…");
    await dialog.getByLabel("For").selectOption("1 day");
    await dialog.getByLabel("Reason (optional)").fill("leak check");
    await button(page, "Pause").click();
    await page.getByText(/Paused by an operator.*Reason: leak check/).waitFor();
    expect(await server.kw.admit({ header: () => rotated, secure: true, ip: "" })).toMatchObject({
      status: 401,
    });
    await choose(page, "More actions", "Resume…");
    await button(page, "Resume").click();
    await page.getByText("Active", { exact: true }).waitFor();

    await choose(page, "More actions", "Revoke…");
    const confirm = button(page, "Revoke key");
    expect(await confirm.isDisabled()).toBe(true);
    await page.getByLabel(/to confirm/).fill("Billing service");
    expect(await confirm.isDisabled()).toBe(true);
    await page.getByLabel(/to confirm/).fill("billing service");
    await look(page, "revoke");
    await confirm.click();
    await page.getByText(/^Revoked.*This cannot be undone/).waitFor();
  });

  it("shows usage as a chart that a pointer, a finger and the arrow keys read, as a table and as CSV", async () => {
    const { page, server } = await setUp({ hasTouch: true });
    const { key, secret } = await server.kw.keys.create({
      name: "used",
      limits: { rate: 1000, burst: 1000, daily: 60 },
    });
    server.advance(-2 * HOUR_MS);
    await use(server, secret.reveal(), 70);
    server.advance(2 * HOUR_MS);
    await server.kw.usage.flush();
    await page.goto(`${server.url}keys/${key.id}`);
    await page.getByText("10 requests (14 %)").waitFor();
    const chart = page.getByRole("slider");
    const caption = page.locator("figcaption");
    await chart.focus();
    for (let hours = 0; hours < 2; hours += 1) await page.keyboard.press("ArrowLeft");
    await expect.poll(() => caption.textContent()).toMatch(/: 60 allowed, 10 refused \(daily 10\)$/);
    const box = (await chart.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
    await page.touchscreen.tap(box.x + box.width / 2, box.y + box.height / 2);
    await expect.poll(() => caption.textContent()).toMatch(/: 0 allowed, 0 refused$/);
    await page.getByText("Show as a table").click();
    await page.getByRole("row", { name: /60 10 daily 10/ }).waitFor();
    const download = page.waitForEvent("download");
    await button(page, "Export CSV").click();
    expect((await download).suggestedFilename()).toBe("usage.csv");
    await page.getByLabel("30 days").check({ force: true });
    await page.getByRole("columnheader", { name: "Day" }).waitFor();
    await page.getByRole("row", { name: /60 10 daily 10/ }).waitFor();
    await look(page, "usage");
  });

  it("draws the current hour, and zooms in by dragging", async () => {
    const { page, server } = await setUp();
    const { key, secret } = await server.kw.keys.create({ name: "used", limits: { daily: 3 } });
    await use(server, secret.reveal(), 5);
    await server.kw.usage.flush();
    await page.goto(`${server.url}keys/${key.id}`);
    const chart = page.getByRole("slider");
    await chart.waitFor();
    // The last 1/24 of the plot has pixels of both bars.
    const colors = await page.locator(".plot canvas").evaluate((canvas: HTMLCanvasElement) => {
      const over = canvas.parentElement?.querySelector(".u-over") as HTMLElement;
      const scale = canvas.width / canvas.clientWidth;
      const [left, width] = [over.offsetLeft * scale, over.offsetWidth * scale];
      const context = canvas.getContext("2d") as CanvasRenderingContext2D;
      const { data } = context.getImageData(left + (width * 23) / 24, 0, width / 24, canvas.height);
      const found = new Set<string>();
      for (let at = 0; at < data.length; at += 4) {
        const [red = 0, green = 0, blue = 0, alpha] = data.slice(at, at + 4);
        if (alpha === 255 && blue > red + 60) found.add("allowed");
        if (alpha === 255 && red > blue + 60 && red > green + 40) found.add("refused");
      }
      return [...found].toSorted();
    });
    expect(colors).toEqual(["allowed", "refused"]);
    const box = (await chart.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
    const y = box.y + box.height / 3;
    await page.mouse.move(box.x + box.width / 2, y);
    await page.mouse.down();
    await page.mouse.move(box.x + (box.width * 3) / 4, y, { steps: 4 });
    await page.mouse.up();
    await page.getByLabel("From").waitFor();
    await expect.poll(async () => Number(await chart.getAttribute("aria-valuemax"))).toBeLessThan(12);
    await page.getByLabel("24 hours").check({ force: true });
    await expect.poll(() => chart.getAttribute("aria-valuemax")).toBe("23");
    await page.getByLabel("1 hour").check({ force: true });
    await expect.poll(() => chart.getAttribute("aria-valuemax")).toBe("59");
    await page.getByText("3 requests", { exact: true }).waitFor();
    await page.getByText("By tag and policy").click();
    const byTag = page.getByRole("region", { name: "Usage by tag" });
    await byTag.getByRole("row", { name: "No tag 3 2 3" }).waitFor();
    await page.getByRole("region", { name: "Refusals by policy" }).getByText("Daily").waitFor();
    await page.getByLabel("Custom").check({ force: true });
    await page.getByLabel("From").fill("2026-01-01");
    await page.getByLabel("to", { exact: true }).fill("2026-01-20");
    await button(page, "Show").click();
    await expect.poll(() => chart.getAttribute("aria-valuemax")).toBe("19");
  });

  it("renews an expired key, and links a key to the one that it replaced", async () => {
    const { page, server } = await setUp();
    server.advance(-10 * DAY_MS);
    const expiresAt = new Date(Date.now() - DAY_MS);
    const { key, secret } = await server.kw.keys.create({ name: "trial", expiresAt });
    server.advance(10 * DAY_MS);
    await page.goto(`${server.url}keys/${key.id}`);
    await page.getByText(/Renew it to use it again/).waitFor();
    await button(page, "Renew").click();
    await page.getByLabel("Expires in").selectOption("30");
    await button(page, "Renew key").click();
    await page.getByText("Renewed trial").waitFor();
    await page.getByText("Active", { exact: true }).waitFor();
    const decision = await server.kw.admit({ header: () => secret.reveal(), secure: true, ip: "" });
    expect(decision.admitted).toBe(true);
    const rotated = await server.kw.keys.rotate(key.id);
    await page.goto(`${server.url}keys/${rotated.key.id}`);
    await page.getByRole("link", { name: "First key" }).click();
    await page.getByRole("link", { name: "Open the new key" }).waitFor();
  });

  it("saves an expiry for the end of the chosen day, and leaves it alone when it was not changed", async () => {
    const { page, server } = await setUp();
    const expiresAt = new Date(Math.floor(Date.now() / DAY_MS) * DAY_MS + 10 * DAY_MS + 15 * HOUR_MS);
    const { key } = await server.kw.keys.create({ name: "trial", expiresAt });
    await page.goto(`${server.url}keys/${key.id}`);
    const expiry = async () => (await server.kw.keys.get(key.id))?.expiresAt?.toISOString();
    const day = expiresAt.toISOString().slice(0, 10);
    await choose(page, "More actions", "Edit…");
    await page.getByRole("textbox", { name: "Name", exact: true }).fill("trial 2");
    await button(page, "Save").click();
    await page.getByRole("heading", { name: "trial 2" }).waitFor();
    expect(await expiry()).toBe(expiresAt.toISOString());
    const later = new Date(expiresAt.getTime() + DAY_MS).toISOString().slice(0, 10);
    for (const each of [later, day]) {
      await choose(page, "More actions", "Edit…");
      await page.getByLabel("Expires at the end of (UTC)").fill(each);
      await button(page, "Save").click();
      await page.locator(".dialog").waitFor({ state: "detached" });
      expect(await expiry()).toBe(`${each}T23:59:59.000Z`);
    }
  });

  it("opens at its top when it is visited again", async () => {
    const { page, server } = await setUp({ viewport: { width: 1280, height: 500 } });
    await server.kw.keys.create({ name: "tall" });
    await page.reload();
    const top = () => page.evaluate(() => scrollY);
    for (let visits = 0; visits < 2; visits += 1) {
      await page.getByRole("link", { name: "tall" }).click();
      await page.getByRole("heading", { name: "tall" }).waitFor();
      await expect.poll(() => page.title()).toBe("tall · API keys");
      expect(await top()).toBe(0);
      await page.getByRole("heading", { name: "Audit log" }).scrollIntoViewIfNeeded();
      await page.getByRole("link", { name: "API keys", exact: true }).click();
      await expect.poll(() => page.title()).toBe("API keys");
    }
  });

  it("keeps a plan that does not exist any more until another is chosen", async () => {
    const store = memoryStore();
    const before = createKeyward({ store, plans: { gold: { rate: 9, burst: 9, daily: 9 } } });
    const { key } = await before.keys.create({ name: "legacy", plan: "gold" });
    const { page, server } = await setUp({ store });
    await page.goto(`${server.url}keys/${key.id}`);
    await choose(page, "More actions", "Edit…");
    await page.getByRole("textbox", { name: "Name", exact: true }).fill("of late");
    await button(page, "Save").click();
    await page.getByRole("heading", { name: "of late" }).waitFor();
    expect((await server.kw.keys.get(key.id))?.plan).toBe("gold");
    await choose(page, "More actions", "Edit…");
    await page.getByLabel("Plan").selectOption("pro");
    await button(page, "Save").click();
    await page.getByRole("definition").getByText("pro", { exact: true }).waitFor();
    expect((await server.kw.keys.get(key.id))?.plan).toBe("pro");
  });

  it("tells the second of two who change a key at once, and keeps what was entered", async () => {
    const { page, server } = await setUp();
    const { key } = await server.kw.keys.create({ name: "shared" });
    await page.goto(`${server.url}keys/${key.id}`);
    const { page: other } = await open();
    await signIn(other, `${server.url}keys/${key.id}`);
    const nameOf = (each: typeof page) => each.getByRole("textbox", { name: "Name", exact: true });
    await choose(page, "More actions", "Edit…");
    await choose(other, "More actions", "Edit…");
    await nameOf(other).fill("theirs");
    await button(other, "Save").click();
    await other.getByRole("heading", { name: "theirs" }).waitFor();
    await nameOf(page).fill("mine");
    await button(page, "Save").click();
    await page.getByText(/Someone else changed this key/).waitFor();
    await look(page, "conflict");
    expect(await nameOf(page).inputValue()).toBe("mine");
    expect((await server.kw.keys.get(key.id))?.name).toBe("theirs");
    await button(page, "Save").click();
    await page.getByRole("heading", { name: "mine" }).waitFor();
    expect((await server.kw.keys.get(key.id))?.name).toBe("mine");
    // One revokes what the other looks at.
    await button(page, "Rotate").click();
    await server.kw.keys.revoke(key.id);
    await button(page, "Rotate key").click();
    await page.getByText(/is revoked/).waitFor();
  });
});
