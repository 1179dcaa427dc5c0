import { createKeyward } from "@keyward/core";
import { apiKeyOf, keyward, me } from "@keyward/fastify";
import { sqliteStore } from "@keyward/sql";
import Fastify from "fastify";

const kw = createKeyward({
  secret: process.env["KEYWARD_SECRET"],
  store: await sqliteStore("keyward.db"),
  plans: {
    default: { rate: 200, burst: 500, daily: 2000 },
    free: { rate: 60, per: "minute", monthly: 10_000 },
  },
  scopes: { "reports:write": "Create reports" },
  // Accepts plain HTTP from this machine, to try it out.
  requireHttps: { allowLoopback: true },
});

const app = Fastify();
await app.register(keyward, { kw });

app.get("/healthz", { config: { keyward: false } }, async (_request, reply) => {
  const health = await kw.health({ maxAgeMs: 1000 });
  return reply.code(health.status === "failing" ? 503 : 200).send(health);
});

app.get("/v1/hello", (request) => ({ hello: apiKeyOf(request).name }));

const reports = { scopes: ["reports:write"], cost: 10 };
app.post("/v1/reports", { config: { keyward: reports } }, (_request, reply) =>
  reply.code(201).send({ report: "created" }),
);

// The caller's limits and usage. Counts in no quota.
app.get("/v1/me", { config: { keyward: false } }, me(kw));

app.addHook("onClose", () => kw.close());
console.log(`listening at ${await app.listen({ port: Number(process.env["PORT"] ?? 3000) })}`);
process.once("SIGTERM", () => app.close());
