// Has each peer dependency do its work once, and prints what came of it.
import "reflect-metadata";
import { once } from "node:events";
import { createServer } from "node:http";
import { createKeyward, memoryStore } from "@keyward/core";
import { redisLimiter } from "@keyward/core/redis";
import { withTelemetry } from "@keyward/core/telemetry";
import { postgresStore } from "@keyward/sql";
import * as onExpress from "@keyward/express";
import * as onFastify from "@keyward/fastify";
import * as onHono from "@keyward/hono";
import * as onKoa from "@keyward/koa";
import { ApiKeyGuard, KeywardModule } from "@keyward/nestjs";
import { addApiKeySecurity } from "@keyward/nestjs/swagger";
import { serve } from "@hono/node-server";
import { Controller, Get, Module } from "@nestjs/common";
import { APP_GUARD, NestFactory } from "@nestjs/core";
import { DocumentBuilder } from "@nestjs/swagger";
import { metrics, trace } from "@opentelemetry/api";
import express from "express";
import Fastify from "fastify";
import { Hono } from "hono";
import { Redis } from "ioredis";
import Koa from "koa";
import { createClient } from "redis";

const { REDIS_URL, POSTGRES_URL } = process.env;
const local = { secret: "a secret for tests, and for nothing else", requireHttps: { allowLoopback: true } };
const report = {};

async function ask(kw, url) {
  const { secret } = await kw.keys.create({ name: "peer" });
  const response = await fetch(url, { headers: { "x-api-key": secret.reveal() } });
  const refused = await fetch(url);
  return [response.status, await response.text(), response.headers.has("ratelimit"), refused.status].join(
    " ",
  );
}

async function listening(server) {
  if (!server.listening) await once(server, "listening");
  return `http://127.0.0.1:${server.address().port}/`;
}

async function served(name, kw, server) {
  report[name] = await ask(kw, await listening(server));
  server.close();
  await kw.close();
}

{
  const kw = withTelemetry(createKeyward(local), {
    tracerProvider: trace.getTracerProvider?.() ?? trace,
    meterProvider: metrics.getMeterProvider(),
  });
  const app = express();
  app.get("/", onExpress.keyward(kw), (request, response) => response.send(request.apiKey.name));
  await served("express", kw, app.listen(0, "127.0.0.1"));
}
{
  const kw = createKeyward(local);
  const app = new Koa().use(onKoa.keyward(kw)).use((ctx) => {
    ctx.body = ctx.state.apiKey.name;
  });
  await served("koa", kw, createServer(app.callback()).listen(0, "127.0.0.1"));
}
{
  const kw = createKeyward(local);
  const app = Fastify();
  await app.register(onFastify.keyward, { kw });
  app.get("/", async (request) => request.apiKey.name);
  await app.listen({ port: 0, host: "127.0.0.1" });
  await served("fastify", kw, app.server);
}
{
  const kw = createKeyward(local);
  const app = new Hono().get("/", onHono.keyward(kw), (context) => context.text(context.var.apiKey.name));
  await served("hono", kw, serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }));
}
{
  const kw = createKeyward(local);
  class RootController {
    answer() {
      return "peer";
    }
  }
  Reflect.decorate([Controller()], RootController);
  const method = Object.getOwnPropertyDescriptor(RootController.prototype, "answer");
  Reflect.decorate([Get("/")], RootController.prototype, "answer", method);
  const AppModule = function AppModule() {};
  const providers = [{ provide: APP_GUARD, useClass: ApiKeyGuard }];
  const module = Module({ imports: [KeywardModule.forRoot(kw)], controllers: [RootController], providers });
  Reflect.decorate([module], AppModule);
  const app = await NestFactory.create(AppModule, { logger: ["error"] });
  await app.listen(0, "127.0.0.1");
  await served("nest", kw, app.getHttpServer());
  await app.close();
  report.swagger = Object.keys(
    addApiKeySecurity(new DocumentBuilder()).build().components.securitySchemes,
  ).join();
}
for (const [name, client] of [
  ["ioredis", new Redis(REDIS_URL, { lazyConnect: true })],
  ["redis", createClient({ url: REDIS_URL })],
]) {
  const kw = createKeyward({
    ...local,
    store: memoryStore(),
    limiter: redisLimiter({ client, onUnavailable: "refuse", timeoutMs: 10_000 }),
  });
  const { key, secret } = await kw.keys.create({ name: "peer" });
  const request = { header: () => secret.reveal(), secure: true, ip: "127.0.0.1", cost: 500 };
  const outcomes = [await kw.admit(request), await kw.admit(request)].map((decision) =>
    decision.admitted ? "admitted" : decision.problem.code,
  );
  report[name] = `${outcomes.join(" ")} ${(await kw.quota(key)).remaining.daily}`;
  await kw.close();
  if (name === "ioredis") client.disconnect();
}
{
  const kw = createKeyward({ ...local, store: await postgresStore(POSTGRES_URL) });
  const { key } = await kw.keys.create({ name: "peer" });
  report.pg = (await kw.keys.revoke(key.id)).status;
  await kw.close();
}
console.log(JSON.stringify(report));
