import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { createKeyward } from "@keyward/core";
import { chromiumOptions } from "@keyward/test-servers";
import { chromium } from "playwright-core";
import { generate } from "selfsigned";
import { expect, it, onTestFinished } from "vitest";

const built = readFileSync(fileURLToPath(new URL("../dist/index.js", import.meta.url)));

/** Starts an API, and a page on the same server with the published client. */
async function startApi() {
  const kw = createKeyward({ plans: { default: { rate: 5, burst: 5, daily: 100 } } });
  const { secret } = await kw.keys.create({ name: "browser" });
  const { cert, private: key } = await generate([{ name: "commonName", value: "localhost" }], {
    keyType: "ec",
  });
  const server = createServer({ cert, key }, async (request, response) => {
    if (request.url === "/client.js") {
      response.setHeader("content-type", "text/javascript").end(built);
      return;
    }
    if (request.url === "/worker.js") {
      const code = `onmessage = async ({ data }) => postMessage(await (${TRY})(...data));`;
      response.setHeader("content-type", "text/javascript").end(code);
      return;
    }
    if (request.url === "/redirect") {
      response.writeHead(302, { location: "/v1/hello" }).end();
      return;
    }
    if (request.url !== "/v1/hello") {
      response.setHeader("content-type", "text/html").end("<!doctype html><title>A page</title>");
      return;
    }
    const decision = await kw.admit({
      header: (name) => request.headers[name],
      secure: true,
      ip: request.socket.remoteAddress ?? "",
    });
    for (const [name, value] of Object.entries(decision.headers)) response.setHeader(name, value);
    response.statusCode = decision.admitted ? 200 : decision.status;
    response.end(JSON.stringify(decision.admitted ? { hello: decision.key?.name } : decision.problem));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    server.close();
    server.closeAllConnections();
    await kw.close();
  });
  return { url: `https://localhost:${(server.address() as AddressInfo).port}`, raw: secret.reveal() };
}

/** Code for the page and for a worker. Returns what the client does there. */
const TRY = `async (url, raw) => {
  const { createClient } = await import(url + "/client.js");
  const api = createClient({ baseUrl: url, apiKey: raw });
  const statuses = [];
  for (let call = 0; call < 7; call += 1) statuses.push((await api.fetch("/v1/hello")).status);
  const redirected = await api.fetch("/redirect").catch((error) => error.code);
  const otherOrigin = await api.fetch("https://other.example/").catch((error) => error.code);
  return { statuses, redirected, otherOrigin, limits: api.limits.map(({ name }) => name) };
}`;

const EXPECTED = {
  // The sixth request is refused and retried.
  statuses: [200, 200, 200, 200, 200, 200, 200],
  redirected: "redirected",
  otherOrigin: "other-origin",
  limits: ["sustained", "burst", "daily"],
};

it("works in pages and workers of a browser", { timeout: 60_000 }, async () => {
  const { url, raw } = await startApi();
  const browser = await chromium.launch(chromiumOptions);
  onTestFinished(() => browser.close());
  const page = await browser.newPage({ ignoreHTTPSErrors: true });
  await page.goto(url);
  expect(await page.evaluate(`(${TRY})(${JSON.stringify(url)}, ${JSON.stringify(raw)})`)).toEqual(EXPECTED);
  const inWorker = `new Promise((resolve, reject) => {
    const worker = new Worker("/worker.js", { type: "module" });
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message));
    worker.postMessage([${JSON.stringify(url)}, ${JSON.stringify(raw)}]);
  })`;
  expect(await page.evaluate(inWorker)).toEqual(EXPECTED);
});

it("is smaller than 5 KB, minified and gzipped, and has no dependencies", async () => {
  const { transform } = await import("esbuild");
  const { code } = await transform(built.toString(), { minify: true, format: "esm" });
  expect(gzipSync(code).length).toBeLessThan(5120);
  expect(built.toString()).not.toMatch(/\bimport\b|\brequire\b/);
});
