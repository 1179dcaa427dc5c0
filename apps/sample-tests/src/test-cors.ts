import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import type { createKeyward, Keyward } from "@keyward/core";
import { chromiumOptions } from "@keyward/test-servers";
import { chromium } from "playwright-core";
import { describe, expect, it, onTestFinished } from "vitest";

/** The sample API with CORS, for any origin, before or behind Keyward. */
export interface CorsApplications {
  before(kw: Keyward): RequestListener | Promise<RequestListener>;
  behind(kw: Keyward): RequestListener | Promise<RequestListener>;
}

async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Runs in the page: asks until the limit says to stop, and waits as it says. */
async function askFromPage([url, key]: readonly [string, string]): Promise<unknown> {
  const seen: unknown[] = [];
  for (let times = 0; times < 4; times += 1) {
    try {
      const response = await fetch(url, { headers: { "x-api-key": key } });
      const left = Number(/"burst";r=([0-9]+)/.exec(response.headers.get("ratelimit") ?? "")?.[1]);
      seen.push([response.status, left]);
      if (left === 0) break;
    } catch {
      seen.push("unreadable");
      break;
    }
  }
  return seen;
}

/** Calls the sample from a page of another origin, in Chromium. */
export function testCors(name: string, applications: CorsApplications, create: typeof createKeyward): void {
  describe(`${name}, called from a page of another origin`, () => {
    it.each(["before", "behind"] as const)(
      "is read with CORS %s Keyward, and says when to stop",
      async (place) => {
        const kw = create({ requireHttps: false, plans: { default: { rate: 3, per: "hour" } } });
        const { secret } = await kw.keys.create({ name: "page" });
        const url = await listen(await applications[place](kw));
        const origin = await listen((_request, response) =>
          response.setHeader("content-type", "text/html").end("<!doctype html><title>A page</title>"),
        );
        const browser = await chromium.launch(chromiumOptions);
        onTestFinished(() => browser.close());
        const page = await browser.newPage();
        await page.goto(origin);
        const seen = await page.evaluate(askFromPage, [`${url}/v1/hello`, secret.reveal()] as const);
        expect(seen).toEqual([
          [200, 2],
          [200, 1],
          [200, 0],
        ]);
        const refused = await page.evaluate(
          ([path]) =>
            fetch(path as string).then(
              ({ status }) => status,
              () => "unreadable",
            ),
          [`${url}/v1/hello`],
        );
        expect(refused).toBe(place === "before" ? 401 : "unreadable");
      },
    );
  });
}
