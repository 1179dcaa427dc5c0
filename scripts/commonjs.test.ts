import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

/** An API in CommonJS, from the built packages, as `require` finds them beside the adapter. */
const program = `
const { createKeyward } = require("@keyward/core");
const { keyward } = require("@keyward/express");
const express = require("express");

const kw = createKeyward({ requireHttps: { allowLoopback: true } });
const app = express();
app.get("/", keyward(kw), (request, response) => response.json({ hello: request.apiKey.name }));
kw.keys.create({ name: "required" }).then(({ secret }) => {
  const server = app.listen(0, "127.0.0.1", async () => {
    const url = "http://127.0.0.1:" + server.address().port;
    const response = await fetch(url, { headers: { "x-api-key": secret.reveal() } });
    console.log(JSON.stringify(await response.json()));
    server.close();
  });
});
`;

/** The same with Koa. */
const koaProgram = `
const { createServer } = require("node:http");
const { createKeyward } = require("@keyward/core");
const { keyward } = require("@keyward/koa");
const Koa = require("koa");

const kw = createKeyward({ requireHttps: { allowLoopback: true } });
const app = new Koa();
app.use(keyward(kw));
app.use((ctx) => { ctx.body = { hello: ctx.state.apiKey.name }; });
kw.keys.create({ name: "required" }).then(({ secret }) => {
  const server = createServer(app.callback()).listen(0, "127.0.0.1", async () => {
    const url = "http://127.0.0.1:" + server.address().port;
    const response = await fetch(url, { headers: { "x-api-key": secret.reveal() } });
    console.log(JSON.stringify(await response.json()));
    server.close();
  });
});
`;

/** What is expected to be warned of: plain HTTP to try things out, and Node 22's own SQLite. */
const QUIET = ["--disable-warning=KEYWARD_PLAIN_HTTP", "--disable-warning=ExperimentalWarning"];

function run(folder: string, source: string): string {
  const cwd = fileURLToPath(new URL(`../packages/${folder}`, import.meta.url));
  const options = { cwd, encoding: "utf8" } as const;
  const { stdout, stderr } = spawnSync(process.execPath, [...QUIET, "-e", source], options);
  return (stdout + stderr).trim();
}

it("serves a request where everything is required, not imported", { timeout: 30_000 }, () => {
  expect(run("express", program)).toBe('{"hello":"required"}');
  expect(run("koa", koaProgram)).toBe('{"hello":"required"}');
});

it("opens a SQLite file from CommonJS", { timeout: 30_000 }, () => {
  const source = `
    const { sqliteStore } = require("@keyward/sql");
    const path = require("node:path").join(require("node:fs").mkdtempSync(require("node:os").tmpdir() + "/keyward-"), "a.db");
    sqliteStore(path).then((store) => store.close()).then(() => console.log("closed"));
  `;
  expect(run("sql", source)).toBe("closed");
});
