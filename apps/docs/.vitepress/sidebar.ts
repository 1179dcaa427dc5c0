/** The pages of the site in their order. The test of the site checks that each page is here and each link leads to a page. */
import type { DefaultTheme } from "vitepress";

const PACKAGES = [
  "core",
  "sql",
  "express",
  "koa",
  "nestjs",
  "fastify",
  "hono",
  "fetch",
  "client",
  "console",
  "cli",
  "testkit",
];

const page = (text: string, link: string): DefaultTheme.SidebarItem => ({ text, link });

export const sidebar: DefaultTheme.SidebarItem[] = [
  {
    text: "Quick start",
    items: [
      page("Express", "/start/express"),
      page("Koa", "/start/koa"),
      page("NestJS", "/start/nestjs"),
      page("Fastify", "/start/fastify"),
      page("Hono", "/start/hono"),
      page("Next.js, Bun, Deno", "/start/fetch"),
    ],
  },
  {
    text: "Concepts",
    items: [
      page("Limits", "/concepts/limits"),
      page("Keys", "/concepts/keys"),
      page("Audit log", "/concepts/audit-log"),
      page("Fixed windows, token bucket", "/concepts/fixed-windows"),
      page("When Redis goes down", "/concepts/redis-outage"),
    ],
  },
  {
    text: "Limits",
    items: [
      page("Limits per plan", "/guides/limits-per-plan"),
      page("Limits per customer", "/guides/limits-per-customer"),
      page("Per-route limits", "/guides/per-route-limits"),
      page("Monthly quotas", "/guides/monthly-quotas"),
      page("Anonymous traffic", "/guides/anonymous-traffic"),
      page("Cost after the response", "/guides/cost-after-the-response"),
      page("Limits on a live API", "/guides/limits-on-a-live-api"),
    ],
  },
  {
    text: "Requests and responses",
    items: [
      page("Bearer tokens", "/guides/bearer"),
      page("CORS and browsers", "/guides/cors"),
      page("Custom error responses", "/guides/custom-error-responses"),
      page("Skipping routes", "/guides/skipping-routes"),
      page("Behind a proxy", "/guides/behind-a-proxy"),
    ],
  },
  {
    text: "Keys",
    items: [
      page("Self-service keys", "/guides/self-service-keys"),
      page("Rotation without downtime", "/guides/rotation"),
      page("Secrets", "/guides/secrets"),
      page("Responding to a leak", "/guides/responding-to-a-leak"),
      page("GitHub secret scanning", "/guides/leaked-keys"),
      page("OpenID Connect", "/guides/openid-connect"),
    ],
  },
  {
    text: "Production",
    items: [
      page("Before you go live", "/guides/checklist"),
      page("Redis in production", "/guides/redis"),
      page("Databases and backups", "/guides/databases"),
      page("Prisma, Drizzle, Knex", "/guides/postgresql-beside-an-orm"),
      page("Docker and Kubernetes", "/guides/docker-and-kubernetes"),
      page("Serverless", "/guides/serverless"),
      page("Observability", "/guides/observability"),
      page("Alerts and webhooks", "/guides/alerts"),
      page("Exporting usage for billing", "/guides/export-usage"),
      page("Testing", "/guides/testing"),
      page("Supported versions", "/guides/compatibility"),
    ],
  },
  {
    text: "Migrating from",
    collapsed: true,
    items: [
      page("Overview", "/moving/"),
      page("express-rate-limit", "/moving/express-rate-limit"),
      page("@nestjs/throttler", "/moving/nestjs-throttler"),
      page("koa-ratelimit", "/moving/koa-ratelimit"),
      page("rate-limiter-flexible", "/moving/rate-limiter-flexible"),
      page("Unkey", "/moving/unkey"),
      page("better-auth", "/moving/better-auth"),
      page("Kong", "/moving/kong"),
      page("AWS usage plans", "/moving/aws-usage-plans"),
      page("Your own keys", "/moving/own-keys"),
    ],
  },
  {
    text: "Reference",
    items: [
      page("Overview", "/reference/"),
      page("Response headers", "/reference/headers"),
      page("Events", "/reference/events"),
      page("Problems", "/generated/problems/"),
      page("Errors", "/generated/errors/"),
      page("Admin API", "/generated/admin-api"),
      page("TypeScript API", "/generated/reference/"),
    ],
  },
  {
    text: "Packages",
    collapsed: true,
    items: PACKAGES.map((name) => page(name, `/generated/packages/${name}`)),
  },
  {
    text: "Project",
    collapsed: true,
    items: [
      page("Security", "/generated/project/security"),
      page("Architecture", "/generated/project/architecture"),
      page("Contributing", "/generated/project/contributing"),
    ],
  },
];
