import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { AxeBuilder } from "@axe-core/playwright";
import { chromiumOptions } from "@keyward/test-servers";
import { chromium, type Browser, type BrowserContextOptions, type Page } from "playwright-core";
import { expect } from "vitest";

/** Folder of screenshots for inspection by a person. */
const SCREENSHOTS = fileURLToPath(new URL("../../screenshots/", import.meta.url));

/** Its scripts can collect garbage on demand, so that their memory can be searched. */
export function launchBrowser(): Promise<Browser> {
  const { executablePath, args } = chromiumOptions;
  return chromium.launch({ executablePath, args: [...args, "--js-flags=--expose-gc"] });
}

/** Errors in a page that no assertion covers. */
export interface Watched {
  readonly page: Page;
  readonly errors: string[];
  /** Hosts that were contacted. */
  readonly hosts: Set<string>;
}

export async function openPage(browser: Browser, options: BrowserContextOptions = {}): Promise<Watched> {
  const context = await browser.newContext({
    ignoreHTTPSErrors: true,
    viewport: { width: 1280, height: 900 },
    permissions: ["clipboard-read", "clipboard-write"],
    ...options,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  const errors: string[] = [];
  const hosts = new Set<string>();
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("dialog", (dialog) => {
    errors.push(`a script ran: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("console", (message) => {
    const text = message.text();
    // The browser logs each response that is not a success.
    if (message.type() === "error" && !text.startsWith("Failed to load resource")) errors.push(text);
  });
  page.on("request", (request) => hosts.add(new URL(request.url()).hostname));
  return { page, errors, hosts };
}

/** Writes a picture, and has axe look at the same thing. */
export async function look(page: Page, name: string): Promise<void> {
  mkdirSync(SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: `${SCREENSHOTS}${name}.png` });
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`)).toEqual([]);
}

/** True if anything is wider than the window, so that one would have to scroll sideways. */
export function isTooWide(page: Page): Promise<boolean> {
  return page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
}

/** A heap snapshot of the page, after garbage collection. */
export async function heapOf(page: Page): Promise<string> {
  const session = await page.context().newCDPSession(page);
  const chunks: string[] = [];
  session.on("HeapProfiler.addHeapSnapshotChunk", ({ chunk }) => chunks.push(chunk));
  await session.send("HeapProfiler.collectGarbage");
  await session.send("HeapProfiler.collectGarbage");
  await session.send("HeapProfiler.takeHeapSnapshot", { reportProgress: false });
  await session.detach();
  return chunks.join("");
}
