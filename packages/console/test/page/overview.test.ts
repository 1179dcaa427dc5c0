import { describe, expect, it } from "vitest";
import { isTooWide, look } from "./browser.ts";
import { use, withBrowser } from "./set-up.ts";

const DAY_MS = 86_400_000;

const { setUp } = withBrowser();

describe("the overview", { timeout: 120_000 }, () => {
  it.each([
    ["desktop", {}],
    ["tablet", { viewport: { width: 820, height: 1180 } }],
    ["dark-phone", { viewport: { width: 360, height: 740 }, colorScheme: "dark" }],
  ] as const)(
    "shows traffic and what needs attention, each linked to its subject: %s",
    async (name, options) => {
      const { page, server } = await setUp({
        ...options,
        keyward: { plans: { default: { daily: 100 } }, keyPolicy: { rotateAfterDays: 90 } },
      });
      const { keys } = server.kw;
      server.advance(-100 * DAY_MS);
      await keys.create({ name: "old importer", ownerId: "acme" });
      server.advance(100 * DAY_MS);
      const busy = await keys.create({ name: "busy", ownerId: "acme" });
      const leaked = await keys.create({ name: "leaked" });
      await keys.create({ name: "trial", expiresAt: new Date(Date.now() + 3 * DAY_MS) });
      await use(server, busy.secret.reveal(), 110);
      await keys.revoke(leaked.key.id);
      await use(server, leaked.secret.reveal(), 2);
      await server.kw.admit({ header: () => "forged", secure: true, ip: "203.0.113.4" });
      await page.getByRole("link", { name: "Overview" }).click();
      await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
      expect(await page.title()).toBe("Overview · API keys");
      const panel = (title: string) => page.getByRole("region", { name: title });
      await panel("Near a quota").getByText("Daily: 100 / 100").waitFor();
      await panel("Most requests").getByText("100", { exact: true }).waitFor();
      await panel("Owners with most requests").getByRole("link", { name: "acme" }).waitFor();
      await panel("Most refused").getByText("9 % of its requests").waitFor();
      await panel("Expire soon").getByText("in 3 days").waitFor();
      await panel("Rotation overdue").getByRole("link", { name: "old importer" }).waitFor();
      await panel("Unused").getByText("never used").first().waitFor();
      await panel("Revoked keys still in use")
        .getByText(/from 198.51.100.7/)
        .waitFor();
      await panel("Requests without a valid key").getByText("203.0.113.0/24").waitFor();
      await page.getByRole("slider").waitFor();
      expect(await isTooWide(page)).toBe(false);
      await look(page, `overview-${name}`);
      await page.getByRole("link", { name: "All keys that expire soon" }).click();
      await page.getByText(/^1 matching key(?!s)/).waitFor();
      await page.getByRole("link", { name: "trial" }).waitFor();
      await page.goBack();
      await panel("Near a quota").getByRole("link", { name: "busy" }).click();
      await page.getByRole("heading", { name: "busy" }).waitFor();
    },
  );
});
