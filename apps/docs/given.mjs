// Runs one code block of the documentation: node given.mjs <file>. Gives it what globals.d.ts promises, as a reader has it from
// the blocks before, and ends when it has run. What it forgets to await is waited for a moment, so that its failure shows.
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { createConsole, hashPassword, keySignIn, passwordSignIn } from "@keyward/console";
import * as core from "@keyward/core";
import { admissionOf, keyward } from "@keyward/express";
import { ApiKeyGuard, KeywardModule } from "@keyward/nestjs";
import { openStore } from "@keyward/sql";
import { testKeyward } from "@keyward/testkit";
import { Injectable } from "@nestjs/common";
import express from "express";
import { RateLimiterPostgres } from "rate-limiter-flexible";
import { WebSocketServer } from "ws";

const secret = "a secret of at least 32 bytes for the documentation";
const store = core.memoryStore();
const kw = core.createKeyward({
  secret,
  store,
  requireHttps: { allowLoopback: true },
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
const { key } = await kw.keys.create({ name: "first" });
const app = express();
process.env.ADMIN_PASSWORD_HASH = await hashPassword("a long password for the documentation");

const exportedFrom = (name) => ({
  name,
  ownerId: "acme",
  sha256: createHash("sha256").update(`a key issued elsewhere, for ${name}`).digest("hex"),
});

Object.assign(globalThis, {
  ...core,
  kw,
  store,
  limiter: core.memoryLimiter(),
  secret,
  nextSecret: `the next ${secret}`,
  previousSecret: secret,
  key,
  keyId: key.id,
  id: key.id,
  keyward,
  admissionOf,
  createConsole,
  keySignIn,
  passwordSignIn,
  testKeyward,
  app,
  handler: (_request, response) => response.end(),
  answer: async () => ({ text: "", tokens: 812 }),
  server: createServer(app),
  logger: { info() {}, warn() {}, error() {} },
  rows: ["billing", "reports"].map(exportedFrom),
  exported: exportedFrom("exports"),
  pool: {},
  RateLimiterPostgres,
  WebSocketServer,
  KeywardModule,
  ApiKeyGuard,
  Injectable,
  openStore,
  // Named, and never asked for anything: the module is described and not made.
  ConfigModule: {},
  ConfigService: {},
  createApp: () => app,
  userOf: () => undefined,
  reportsOf: async () => ({}),
  greet() {},
});

await import(pathToFileURL(process.argv[2]).href);
await sleep(50);
process.exit(0);
