import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { createClient } from "@keyward/client";
import nodeFetch from "node-fetch";
import { expect, it, onTestFinished } from "vitest";
import { fetch as undiciFetch } from "undici";

/** Starts an API that refuses every other request, and then returns the method, key and body. */
async function startApi(): Promise<string> {
  let requests = 0;
  const server = createServer(async (request, response) => {
    const body = await text(request);
    requests += 1;
    if (request.url === "/moved") response.writeHead(302, { location: "/v1/hello" }).end("moved");
    else if (requests % 2 === 1) response.writeHead(429, { "retry-after": "0" }).end("refused");
    else response.end(JSON.stringify({ method: request.method, key: request.headers["x-api-key"], body }));
  }).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

it.each([
  ["undici", undiciFetch],
  ["node-fetch", nodeFetch],
])("works with the fetch of %s", async (_library, libraryFetch) => {
  const baseUrl = await startApi();
  const api = createClient({ baseUrl, apiKey: "a-key", fetch: libraryFetch as unknown as typeof fetch });
  const put = { method: "PUT", body: "the body" };
  for (const response of [
    await api.fetch("/v1/hello", put),
    await api.fetch(new URL("/v1/hello", baseUrl), put),
    await api.fetch(new Request(`${baseUrl}/v1/hello`, put)),
  ])
    expect(await response.json()).toEqual({ method: "PUT", key: "a-key", body: "the body" });
  expect(await (await api.fetch("/moved")).json()).toMatchObject({ method: "GET", key: "a-key" });
  await expect(api.fetch("/v1/hello", { signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
});
