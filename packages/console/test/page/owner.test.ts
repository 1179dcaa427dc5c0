import { describe, expect, it } from "vitest";
import { button, serve, shownKey, withBrowser } from "./set-up.ts";

const { open } = withBrowser();

describe("the page of an actor with an owner", { timeout: 60_000 }, () => {
  it("creates, renames and rotates keys, and does not ask for what the actor may not grant", async () => {
    const server = await serve({ authorize: () => ({ actor: "jane", ownerId: "acme" }) });
    const { page } = await open();
    await page.goto(server.url);
    await button(page, "Create New API Key").click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name").fill("ci");
    for (const label of ["Owner", "Plan", "Scopes"])
      expect(await dialog.getByLabel(label).count(), label).toBe(0);
    await button(page, "Create key").click();
    await shownKey(page).waitFor();
    await button(page, "I have stored it").click();

    await page.getByRole("link", { name: "ci" }).click();
    expect(await button(page, "Change limits").count()).toBe(0);
    await button(page, "Edit").click();
    await dialog.getByLabel("Name").fill("deploy");
    expect(await dialog.getByRole("textbox").count()).toBe(1);
    await button(page, "Save").click();
    await page.getByRole("heading", { name: "deploy" }).waitFor();
    await button(page, "Rotate").click();
    await button(page, "Rotate key").click();
    await shownKey(page).waitFor();
    const { keys } = await server.kw.keys.list();
    expect(keys.map(({ name, ownerId, plan }) => [name, ownerId, plan])).toEqual([
      ["deploy", "acme", "default"],
      ["deploy", "acme", "default"],
    ]);
  });
});
