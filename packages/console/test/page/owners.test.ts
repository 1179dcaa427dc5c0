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
    await page.getByText("Reset limits").waitFor();
    await page.getByText("plan: none → pro").waitFor();
    await page.getByText("name: none → Acme Europe").waitFor();
    const download = page.waitForEvent("download");
    await button(page, "Export JSON Lines").click();
    expect((await download).suggestedFilename()).toBe("audit.jsonl");
    await look(page, "audit");
    await page.getByLabel("Owner").fill("nobody");
    await page.getByText("No audit events").waitFor();
    await page.goto(`${server.url}keys?ownerId=${encodeURIComponent(ownerId)}`);
    await page.getByRole("link", { name: "ci" }).waitFor();
  });
});
