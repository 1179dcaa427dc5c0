import { createHash } from "node:crypto";
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { mayBeKey, wholeKeyIn } from "../../page/src/keys/whole-key.ts";
import { heapOf } from "./browser.ts";
import { button, withBrowser } from "./set-up.ts";

const RAW = "prod_0Qc3ZkT1-x8Lm-0RaB-1a234b56";

describe("a text that may be a whole key", () => {
  it.each([
    RAW,
    `  ${RAW} `,
    `API_KEY="${RAW}"`,
    "acme_prod_0Qc3ZkT1-x8Lm-0RaB-1a234b56",
    "sk_live_4eC39HqLyjWDarjt",
    RAW.slice(0, 16),
  ])("is recognised: %s", (text) => expect(mayBeKey(text)).toBe(true));

  it.each([
    "",
    "billing",
    "key number 123",
    "prod_********-****-****-1a234b56",
    "1a234b56",
    "acme corporation",
  ])("is not any other: %s", (text) => expect(mayBeKey(text)).toBe(false));

  it("contains the key that is looked up", () => {
    expect(wholeKeyIn(`export API_KEY="${RAW}"`)).toBe(RAW);
    expect(wholeKeyIn("acme_prod_0Qc3ZkT1-x8Lm-0RaB-1a234b56")).toBe("acme_prod_0Qc3ZkT1-x8Lm-0RaB-1a234b56");
    expect(wholeKeyIn("sk_live_4eC39HqLyjWDarjt")).toBe("sk_live_4eC39HqLyjWDarjt");
  });
});

const { setUp } = withBrowser();

/** Everything that a page's requests show to logs on the way, and that its history keeps. */
async function watchAddresses(page: Page) {
  const addresses: string[] = [];
  page.on("request", (request) => addresses.push(request.url(), request.headers()["referer"] ?? ""));
  page.on("framenavigated", (frame) => addresses.push(frame.url()));
  return async () => {
    const session = await page.context().newCDPSession(page);
    const { entries } = await session.send("Page.getNavigationHistory");
    const state = await page.evaluate(() =>
      JSON.stringify([history.state, { ...localStorage }, { ...sessionStorage }]),
    );
    return [...addresses, ...entries.map(({ url }) => url), page.url(), state].join("\n");
  };
}

describe("a whole key in the search of the page", { timeout: 60_000 }, () => {
  it("finds its key, and gets into no address, history or storage", async () => {
    const { page, server } = await setUp();
    const { secret } = await server.kw.keys.create({ name: "billing" });
    await server.kw.keys.create({ name: "other" });
    const raw = secret.reveal();
    const hidden = raw.slice(5, 23);
    await page.reload();
    const read = await watchAddresses(page);
    const rows = () => page.locator(".rows .name a").allTextContents();
    await expect.poll(rows, { timeout: 10_000 }).toEqual(["other", "billing"]);

    await page.getByLabel("Search keys").fill(`  API_KEY="${raw}"`);
    await expect.poll(rows, { timeout: 10_000 }).toEqual(["billing"]);
    await page.getByRole("link", { name: "billing" }).click();
    await page.getByRole("heading", { name: "billing" }).waitFor();
    await page.goBack();
    await expect.poll(rows, { timeout: 10_000 }).toEqual(["other", "billing"]);

    await page.getByLabel("Search keys").fill(raw);
    await expect.poll(rows, { timeout: 10_000 }).toEqual(["billing"]);
    await page.getByLabel("Search keys").fill("");
    await expect.poll(rows, { timeout: 10_000 }).toEqual(["other", "billing"]);
    expect((await read()).includes(hidden)).toBe(false);
    // Nothing holds it once the page has gone on.
    await page.getByRole("link", { name: "Audit log" }).click();
    await page.getByRole("table").waitFor();
    await page.getByRole("link", { name: "API keys" }).click();
    await expect.poll(rows, { timeout: 10_000 }).toEqual(["other", "billing"]);
    expect((await heapOf(page)).includes(hidden)).toBe(false);
  });

  it("is searched without an address if it is from another system or unknown", async () => {
    const { page, server } = await setUp();
    const owner = "org_2NnZkT1x8Lm0RaB1a234b56";
    await server.kw.keys.create({ name: "theirs", ownerId: owner });
    await server.kw.keys.create({ name: "other" });
    await page.reload();
    const read = await watchAddresses(page);
    const rows = () => page.locator(".rows .name a").allTextContents();
    await page.getByLabel("Search keys").fill(owner);
    await expect.poll(rows, { timeout: 10_000 }).toEqual(["theirs"]);
    const leaked = createHash("sha256").update("leaked").digest("hex");
    await page.getByLabel("Search keys").fill(leaked);
    await page.getByText("No keys match these filters").waitFor();
    expect(await page.getByLabel("Search keys").inputValue()).toBe(leaked);
    await button(page, "Clear filters").click();
    await expect.poll(rows, { timeout: 10_000 }).toEqual(["other", "theirs"]);
    expect(await page.getByLabel("Search keys").inputValue()).toBe("");
    const addresses = await read();
    for (const text of [owner, leaked]) expect(addresses).not.toContain(text);
  });

  it("that stands in an address is removed from it, and not asked for by GET", async () => {
    const { page, server } = await setUp();
    const { secret } = await server.kw.keys.create({ name: "billing" });
    const raw = secret.reveal();
    await page.goto(`${server.url}keys?order=name&search=${raw}`);
    await page.getByRole("link", { name: "billing" }).waitFor();
    await expect.poll(() => new URL(page.url()).search, { timeout: 10_000 }).toBe("?order=name");
    const asked = await page.evaluate(() =>
      performance
        .getEntriesByType("resource")
        .map(({ name }) => name)
        .join(),
    );
    expect(asked).not.toContain(raw);
  });
});
