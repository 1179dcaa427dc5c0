import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import { createKeyward } from "@keyward/core";
import { apiKeyOf, keyward, me } from "@keyward/hono";
import { sqliteStore } from "@keyward/sql";
import { Hono } from "hono";

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

const app = new Hono();

app.get("/healthz", async (c) => {
  const health = await kw.health({ maxAgeMs: 1000 });
  return c.json(health, health.status === "failing" ? 503 : 200);
});

// The caller's limits and usage. Counts in no quota.
app.get("/v1/me", me(kw));

app.use("/v1/*", keyward(kw));
app.get("/v1/hello", (c) => c.json({ hello: apiKeyOf(c).name }));

const reports = keyward(kw, { scopes: ["reports:write"], cost: 10 });
app.post("/v1/reports", reports, (c) => c.json({ report: "created" }, 201));

const port = Number(process.env["PORT"] ?? 3000);
const server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port }, (address: AddressInfo) => {
  console.log(`listening at http://127.0.0.1:${address.port}`);
});
process.once("SIGTERM", () => server.close(() => kw.close()));
