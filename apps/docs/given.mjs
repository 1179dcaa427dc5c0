// Runs the code blocks of pages of the documentation. The parent process sends the files of a page, which run one after another, and
// gets a message when they have run. A failure ends the process. Each block gets what globals.d.ts promises, as a reader has it from
// the blocks before. Promises that a block forgets to await are waited for a moment, so that their failure shows.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { createConsole, hashPassword, keySignIn, passwordSignIn } from "@keyward/console";
import * as core from "@keyward/core";
import { admissionOf, apiKeyOf, keyward } from "@keyward/express";
import { ApiKeyGuard, KeywardModule } from "@keyward/nestjs";
import { openStore } from "@keyward/sql";
import { testKeyward } from "@keyward/testkit";
import { Injectable } from "@nestjs/common";
import express from "express";
import { RateLimiterPostgres } from "rate-limiter-flexible";
import { WebSocketServer } from "ws";

const secret = "a secret of at least 32 bytes for the documentation";
process.env.ADMIN_PASSWORD_HASH = await hashPassword("a long password for the documentation");

const exportedFrom = (name) => ({
  name,
  ownerId: "acme",
  sha256: createHash("sha256").update(`a key issued elsewhere, for ${name}`).digest("hex"),
});

const modules = {
  assert,
  ...core,
  keyward,
  admissionOf,
  apiKeyOf,
  createConsole,
  keySignIn,
  passwordSignIn,
  testKeyward,
  RateLimiterPostgres,
  WebSocketServer,
  KeywardModule,
  ApiKeyGuard,
  Injectable,
  openStore,
};

/** Values that a reader has from earlier blocks. Each block gets new ones. */
async function given() {
  const store = core.memoryStore();
  const kw = core.createKeyward({
    secret,
    store,
    plans: {
      default: {
        rate: 200,
        burst: 500,
        daily: 2000,
        budgets: { search: { rate: 5 }, tokens: { monthly: 1_000_000 } },
      },
      pro: { rate: 1000, owner: { monthly: 1_000_000 } },
      visitors: { rate: 60, per: "hour" },
    },
  });
  const { key, secret: raw } = await kw.keys.create({ name: "first", ownerId: "acme" });
  const app = express();
  // Checks send requests as a proxy on this machine does, which receives them over HTTPS.
  app.set("trust proxy", "loopback");
  const server = createServer(app);

  async function request(path, { key: presented, ...init } = {}) {
    if (!server.listening) await once(server.listen(0, "127.0.0.1"), "listening");
    const headers = new Headers(init.headers);
    headers.set("x-forwarded-proto", "https");
    if (presented !== undefined) headers.set("x-api-key", presented);
    return fetch(`http://127.0.0.1:${server.address().port}${path}`, { ...init, headers });
  }

  return {
    kw,
    store,
    limiter: core.memoryLimiter(),
    secret,
    nextSecret: `the next ${secret}`,
    previousSecret: secret,
    key,
    keyId: key.id,
    id: key.id,
    rawKey: raw.reveal(),
    newKey: async (of = kw, input = {}) =>
      (await of.keys.create({ name: "another", ...input })).secret.reveal(),
    request,
    app,
    handler: (_request, response) => response.json({ ok: true }),
    answer: async () => ({ text: "an answer", tokens: 812 }),
    server,
    logger: { info() {}, warn() {}, error() {} },
    rows: ["billing", "reports"].map(exportedFrom),
    exported: exportedFrom("exports"),
    pool: {},
    // Named, and never used: the module is described and not made.
    ConfigModule: {},
    ConfigService: {},
    createApp: () => app,
    userOf: () => undefined,
    reportsOf: async () => ({}),
    greet() {},
  };
}

const environment = { ...process.env };

process.on("message", async (files) => {
  try {
    for (const file of files) {
      Object.assign(globalThis, modules, await given());
      await import(pathToFileURL(file).href);
      await sleep(50);
    }
    // The next page finds none of the variables that this one has set.
    for (const name of Object.keys(process.env)) if (!(name in environment)) delete process.env[name];
    Object.assign(process.env, environment);
    process.send("done");
  } catch (error) {
    console.error(error);
    process.exit(1);
  }
});
