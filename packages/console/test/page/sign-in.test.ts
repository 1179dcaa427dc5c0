import { describe, expect, it } from "vitest";
import { PASSWORD } from "../console-server.ts";
import { isTooWide, look } from "./browser.ts";
import { button, serve, signIn, withBrowser } from "./set-up.ts";

const HOUR_MS = 3_600_000;

const { setUp, open } = withBrowser();

describe("the page's sign-in", { timeout: 60_000 }, () => {
  it("signs in and out, reports errors, and contacts only its own server", async () => {
    const server = await serve({ signIn: { attempts: { limit: 3, windowMs: 60_000 } } });
    const { page, hosts } = await open();
    await page.goto(`${server.url}audit`);
    await look(page, "sign-in");
    await page.getByLabel("Password").fill("not the password");
    await page.keyboard.press("Enter");
    await page.getByText("Wrong password.").waitFor();
    await page.getByLabel("Password").fill(PASSWORD);
    await page.keyboard.press("Enter");
    // The page that was requested.
    await page.getByRole("heading", { name: "Audit log" }).waitFor();
    await button(page, "Sign out").click();
    await page.getByLabel("Password").waitFor();
    await page.reload();
    await page.getByLabel("Password").waitFor();
    // A browser that signed in before is limited separately from its address.
    for (let times = 0; times < 7; times += 1) {
      await page.getByLabel("Password").fill("not the password");
      await button(page, "Sign in").click();
      await button(page, "Sign in").waitFor();
    }
    await page.getByText(/Too many sign-in attempts/).waitFor();
    expect([...hosts]).toEqual(["localhost"]);
  });

  it("lists who is signed in, and ends other sessions", async () => {
    const { page, server } = await setUp();
    const { page: other } = await open();
    await signIn(other, `${server.url}keys`);
    await page.getByRole("link", { name: "Sessions" }).click();
    await page.getByText("this session").waitFor();
    await look(page, "sessions");
    await page.setViewportSize({ width: 360, height: 740 });
    expect(await isTooWide(page)).toBe(false);
    await page.getByRole("button", { name: /^End the session of admin from/ }).click();
    await page.getByText("Ended the session").waitFor();
    await expect.poll(() => page.locator("tbody tr").count()).toBe(1);
    await other.getByRole("link", { name: "Audit log" }).click();
    await other.getByLabel("Password").waitFor();
  });

  it("shows the sign-in when the session has ended, in the middle of an act too", async () => {
    const { page, server } = await setUp();
    await button(page, "Create API key").click();
    await page.getByRole("textbox", { name: "Name", exact: true }).fill("too late");
    await page.context().clearCookies();
    await button(page, "Create key").click();
    await page.getByLabel("Password").waitFor();
    expect((await server.kw.keys.list()).keys).toHaveLength(0);
    await page.getByLabel("Password").fill(PASSWORD);
    await page.keyboard.press("Enter");
    await page.getByText("No API keys yet").waitFor();
    server.advance(13 * HOUR_MS);
    await page.getByLabel("Status").selectOption("active");
    await page.getByLabel("Password").waitFor();
  });
});
