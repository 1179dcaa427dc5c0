import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, onTestFinished } from "vitest";
import { PASSWORD, startConsole, type ConsoleServer } from "../console-server.ts";
import { launchBrowser, openPage, type Watched } from "./browser.ts";

type ServerOptions = NonNullable<Parameters<typeof startConsole>[0]>;

/** A browser for the tests of a file. Errors in a page's console fail the test that opened it. */
export function withBrowser() {
  let browser: Browser;
  let opened: Watched[] = [];

  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterEach(() => {
    const errors = opened.flatMap((each) => each.errors);
    opened = [];
    if (errors.length > 0) throw new Error(`Errors in the page: ${errors.join("; ")}`);
  });
  afterAll(() => browser.close());

  async function open(options?: BrowserContextOptions): Promise<Watched> {
    const watched = await openPage(browser, options);
    opened.push(watched);
    onTestFinished(() => watched.page.context().close());
    return watched;
  }

  return {
    open,
    /** A console, and a page that is signed in to it and shows the list of keys. */
    async setUp({ store, keyward, ...options }: BrowserContextOptions & ServerOptions = {}) {
      const server = await serve({ ...(store && { store }), ...(keyward && { keyward }) });
      const { page } = await open(options);
      await signIn(page, `${server.url}keys`);
      return { server, page };
    },
  };
}

/** A console for one test. */
export async function serve(options?: ServerOptions): Promise<ConsoleServer> {
  const server = await startConsole(options);
  onTestFinished(() => server.close());
  return server;
}

export async function signIn(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await page.getByLabel("Password").fill(PASSWORD);
  await button(page, "Sign in").click();
  await page.getByRole("link", { name: "Audit log" }).waitFor();
  await page.getByRole("heading", { level: 1 }).waitFor();
}

export const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });

/** The element that shows a new key. */
export const shownKey = (page: Page) => page.getByLabel("API key", { exact: true });

export async function createKey(page: Page, name: string): Promise<string> {
  await button(page, "Create API key").click();
  await page.getByRole("textbox", { name: "Name", exact: true }).fill(name);
  await button(page, "Create key").click();
  await shownKey(page).waitFor();
  return (await shownKey(page).textContent()) ?? "";
}

export const closeReveal = (page: Page) => button(page, "I have saved the key").click();

/** Chooses an entry of a menu. */
export async function choose(page: Page, menu: string, entry: string): Promise<void> {
  await button(page, menu).click();
  await page.getByRole("menuitem", { name: entry }).click();
}

/** Sends requests with a key, as a customer would. */
export async function use({ kw }: ConsoleServer, raw: string, times: number): Promise<void> {
  for (let count = 0; count < times; count += 1) {
    await kw.admit({ header: () => raw, secure: true, ip: "198.51.100.7" });
  }
}
