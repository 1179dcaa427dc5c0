import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { look } from "./browser.ts";
import { button, choose, withBrowser } from "./set-up.ts";

const { setUp } = withBrowser();

describe("the pages of owners and the audit log", { timeout: 60_000 }, () => {
  it("change plan and limits, pause and resume, and record who did it with before and after", async () => {
    const { page, server } = await setUp();
    const ownerId = "acme/eu west";
    await server.kw.keys.create({ name: "ci", ownerId });
    await page.getByRole("link", { name: "Owners" }).click();
    await page.getByRole("link", { name: ownerId }).click();
    await page.getByRole("heading", { name: ownerId }).waitFor();
    await button(page, "Edit").click();
    const dialog = page.locator(".dialog");
    await dialog.getByLabel("Name").fill("Acme Europe");
    await dialog.getByLabel("Plan").selectOption("pro");
    await dialog.getByLabel("Per month").fill("20,000");
    await button(page, "Save").click();
    await page.getByRole("heading", { name: "Acme Europe" }).waitFor();
    await page.getByText("Custom: 20,000/month (UTC)").waitFor();
    await look(page, "owner");
    await choose(page, "More actions", "Pause…");
    await dialog.getByLabel("Reason (optional)").fill("unpaid");
    await button(page, "Pause").click();
    await page.getByText(/All keys of this owner are refused.*Reason: unpaid/).waitFor();
    expect(await server.kw.owners.get(ownerId)).toMatchObject({
      plan: "pro",
      limits: { monthly: 20_000 },
      status: "paused",
    });
    await choose(page, "More actions", "Resume…");
    await button(page, "Resume").click();
    await page.getByText("Active", { exact: true }).waitFor();
    await choose(page, "More actions", "Reset limits…");
    await button(page, "Reset limits").click();
    await page.getByText(`Reset the limits of ${ownerId}`).waitFor();

    await page.getByRole("link", { name: "Audit log" }).click();
    await page.getByRole("cell", { name: "Reset limits" }).waitFor();
    await page.getByText("plan: none → pro").waitFor();
    await page.getByText("name: none → Acme Europe").waitFor();
    await look(page, "audit");
    await page.getByLabel("Owner").fill("nobody");
    await page.getByText("No audit events match these filters").waitFor();
    await page.goto(`${server.url}keys?ownerId=${encodeURIComponent(ownerId)}`);
    await page.getByRole("link", { name: "ci" }).waitFor();
  });

  it("filter, export and verify the audit log", async () => {
    const { page, server } = await setUp();
    const { key } = await server.kw.keys.create({ name: "ci", ownerId: "acme" }, { actor: "=jane" });
    for (let count = 0; count < 60; count += 1) {
      await server.kw.keys.update(key.id, { name: `ci ${count}` }, { actor: "tom" });
    }
    await server.kw.keys.rotate(key.id, { overlapMs: 0 }, { actor: "tom" });
    await page.getByRole("link", { name: "Audit log" }).click();
    const rows = page.locator("tbody").getByRole("row");
    // A rotation is one row, which names the key.
    const rotation = rows.filter({ hasText: "Rotated key" });
    await rotation.waitFor();
    expect(await rotation.getByRole("link").allTextContents()).toEqual(["New key", "ci 59", "acme"]);
    expect(await rows.filter({ hasText: "Created key" }).count()).toBe(0);
    await page.getByLabel("Action").selectOption("Created key");
    await expect.poll(() => rows.count()).toBe(2);
    await page.getByLabel("Actor").fill("=jane");
    await expect.poll(() => rows.count()).toBe(1);
    expect(new URL(page.url()).searchParams.toString()).toBe("action=key.created&actor=%3Djane");
    const save = async (name: string) => {
      const [file] = await Promise.all([page.waitForEvent("download"), button(page, name).click()]);
      return readFile(await file.path(), "utf8");
    };
    expect(await save("Export CSV")).toMatch(/,key\.created,key_\w+,ci 59,acme,'=jane,operator,/);
    await button(page, "Clear filters").click();
    await page.getByLabel("Actor").fill("tom");
    await page.waitForURL(/\?actor=tom$/);
    // All events that match, not only those that are shown.
    const lines = (await save("Export JSON Lines")).trimEnd().split("\n");
    expect(lines).toHaveLength(62);
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({ actor: "tom", keyName: "ci 59" });
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
    await page.getByLabel("From").fill(tomorrow);
    await page.getByText("No audit events match these filters").waitFor();
    await button(page, "Verify the log").click();
    await page.getByText(/Verified up to event 64, .*no event was edited, removed or inserted/).waitFor();
  });
});
