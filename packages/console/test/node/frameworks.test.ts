import type { RequestListener } from "node:http";
import express, { type Express } from "express";
import Koa from "koa";
import bodyParser from "koa-bodyparser";
import { describe, expect, it } from "vitest";
import { PASSWORD } from "../console-server.ts";
import { localConsole, serve } from "./serve.ts";

function expressApp(setUp: (app: Express) => void): RequestListener {
  const app = express();
  setUp(app);
  return app as RequestListener;
}

function koaApp(setUp: (app: Koa) => void): RequestListener {
  const app = new Koa();
  setUp(app);
  const callback = app.callback();
  return (request, response) => void callback(request, response);
}

interface Client {
  readonly headers?: Readonly<Record<string, string>>;
  readonly origin?: string;
}

/** Opens the page, signs in and creates a key; returns the statuses. */
async function walkThrough(
  listener: RequestListener,
  { headers = {}, origin }: Client = {},
  prefix = "/admin",
) {
  const url = `http://127.0.0.1:${await serve(listener)}`;
  const page = await fetch(`${url}${prefix}/`, { headers });
  const script = /assets\/[\w.-]+\.js/.exec(await page.text())?.[0] ?? "none";
  const asset = await fetch(`${url}${prefix}/${script}`, { headers });
  const post = (path: string, body: object, more: object = {}) =>
    fetch(`${url}${prefix}/api${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", origin: origin ?? url, ...headers, ...more },
      body: JSON.stringify(body),
    });
  const signedIn = await post("/session", { password: PASSWORD });
  const cookie = signedIn.headers.get("set-cookie")?.split(";")[0] ?? "";
  const created = await post("/api-keys", { name: "schlüssel 🔑" }, { cookie });
  const { key } = (await created.json()) as { key?: { name: string } };
  return [page.status, asset.status, signedIn.status, created.status, key?.name];
}

const ALL_WELL = [200, 200, 204, 201, "schlüssel 🔑"];

describe("the console on Express", () => {
  it.each([
    ["alone", (app: Express) => app],
    ["behind express.json()", (app: Express) => app.use(express.json())],
    ["behind express.text()", (app: Express) => app.use(express.text({ type: "*/*" }))],
    ["behind express.raw()", (app: Express) => app.use(express.raw({ type: "*/*" }))],
    ["behind express.urlencoded()", (app: Express) => app.use(express.urlencoded({ extended: true }))],
    [
      "behind a parser that keeps the raw body",
      (app: Express) =>
        app.use(
          express.json({
            verify: (request, _response, body) => void Object.assign(request, { rawBody: body }),
          }),
        ),
    ],
  ])("works %s", async (_where, prepare) => {
    expect(await walkThrough(expressApp((app) => prepare(app).use(localConsole().listener)))).toEqual(
      ALL_WELL,
    );
  });

  it("works below a path that Express removes", async () => {
    const kwConsole = localConsole({ basePath: "/internal/admin" });
    const listener = expressApp((app) => app.use("/internal", kwConsole.listener));
    expect(await walkThrough(listener, {}, "/internal/admin")).toEqual(ALL_WELL);
  });
});

describe("the console on Koa", () => {
  it.each([
    ["alone", (app: Koa) => app],
    ["behind koa-bodyparser", (app: Koa) => app.use(bodyParser())],
    ["behind koa-bodyparser for text", (app: Koa) => app.use(bodyParser({ enableTypes: ["json", "text"] }))],
  ])("works %s", async (_where, prepare) => {
    expect(await walkThrough(koaApp((app) => prepare(app).use(localConsole().koa)))).toEqual(ALL_WELL);
  });

  it("refuses a body that is too large, whether or not a parser has read it", async () => {
    for (const prepare of [(app: Koa) => app, (app: Koa) => app.use(bodyParser())]) {
      const port = await serve(koaApp((app) => prepare(app).use(localConsole().koa)));
      const response = await fetch(`http://127.0.0.1:${port}/admin/api/session`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ password: "x".repeat(70_000) }),
      });
      expect(response.status).toBe(413);
    }
  });
});

describe("the console behind a proxy", () => {
  const forwarded = {
    "x-forwarded-proto": "https",
    "x-forwarded-host": "admin.example.com",
    "x-forwarded-for": "203.0.113.1",
  };
  const client = { headers: forwarded, origin: "https://admin.example.com" };
  const requireHttps = true;

  it("accepts the forwarded host where the framework trusts the proxy", async () => {
    const onExpress = expressApp((app) =>
      app.set("trust proxy", 1).use(localConsole({ requireHttps }).listener),
    );
    expect(await walkThrough(onExpress, client)).toEqual(ALL_WELL);
    const onKoa = koaApp((app) => {
      app.proxy = true;
      app.use(localConsole({ requireHttps }).koa);
    });
    expect(await walkThrough(onKoa, client)).toEqual(ALL_WELL);
  });

  it("accepts the option origin where the proxy changes Host and forwards no other", async () => {
    const { "x-forwarded-host": _host, ...headers } = forwarded;
    const app = (origin?: string) =>
      expressApp((each) => each.set("trust proxy", 1).use(localConsole({ requireHttps, origin }).listener));
    const [page, asset, signIn] = await walkThrough(app(), { ...client, headers });
    expect([page, asset, signIn]).toEqual([200, 200, 403]);
    expect(await walkThrough(app("https://admin.example.com"), { ...client, headers })).toEqual(ALL_WELL);
    // Browsers of today say where a request comes from, whatever the proxy does to Host.
    const fetchMetadata = { ...headers, "sec-fetch-site": "same-origin" };
    expect(await walkThrough(app(), { ...client, headers: fetchMetadata })).toEqual(ALL_WELL);
  });

  it("accepts the default port in Host", async () => {
    const headers = { "x-forwarded-proto": "https", "x-forwarded-host": "admin.example.com:443" };
    const app = koaApp((each) => {
      each.proxy = true;
      each.use(localConsole({ requireHttps }).koa);
    });
    expect(await walkThrough(app, { ...client, headers })).toEqual(ALL_WELL);
  });

  it("does not believe a forwarded host of a client, and not the page of plain HTTP or of another port", async () => {
    const untrusting = expressApp((app) => app.use(localConsole().listener));
    const attack = { headers: { "x-forwarded-host": "evil.example" }, origin: "https://evil.example" };
    expect((await walkThrough(untrusting, attack))[2]).toBe(403);
    const trusting = () =>
      expressApp((app) => app.set("trust proxy", 1).use(localConsole({ requireHttps }).listener));
    for (const origin of [
      "http://admin.example.com",
      "https://admin.example.com:8443",
      "null",
      "https://x.admin.example.com",
    ]) {
      expect((await walkThrough(trusting(), { ...client, origin }))[2], origin).toBe(403);
    }
  });
});
