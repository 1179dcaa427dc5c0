import { defineConfig } from "vitepress";

const packages = [
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

export default defineConfig({
  title: "Keyward",
  description: "API keys and rate limits for Node, inside the server that you already run.",
  // GitHub Pages serves the site below the name of the repository.
  base: process.env["DOCS_BASE"] ?? "/",
  cleanUrls: true,
  lastUpdated: false,
  // Pages that are made of what the repository says elsewhere link into it, where this site has no page.
  ignoreDeadLinks: [/^\.\.?\/.*(?:LICENSE|rules|apps|\/index)/, /^https?:\/\/localhost/],
  srcExclude: ["README.md"],
  themeConfig: {
    search: { provider: "local" },
    outline: [2, 3],
    nav: [
      { text: "Start", link: "/start/express" },
      { text: "Concepts", link: "/concepts/limits" },
      { text: "Production", link: "/production/proxies" },
      { text: "Problems", link: "/generated/problems/" },
      { text: "Reference", link: "/generated/reference/" },
    ],
    sidebar: [
      {
        text: "Start in five minutes",
        items: [
          { text: "Express", link: "/start/express" },
          { text: "Koa", link: "/start/koa" },
          { text: "NestJS", link: "/start/nestjs" },
          { text: "Fastify", link: "/start/fastify" },
          { text: "Hono", link: "/start/hono" },
          { text: "Next.js, Bun, Deno", link: "/start/fetch" },
        ],
      },
      {
        text: "Concepts",
        items: [
          { text: "Keys", link: "/concepts/keys" },
          { text: "Limits", link: "/concepts/limits" },
          { text: "Audit log", link: "/concepts/audit-log" },
        ],
      },
      {
        text: "Production",
        items: [
          { text: "Proxies and TLS", link: "/production/proxies" },
          { text: "Many processes, Redis", link: "/production/redis" },
          { text: "Databases and backups", link: "/production/databases" },
          { text: "Secrets", link: "/production/secrets" },
          { text: "Leaked keys", link: "/production/leaked-keys" },
          { text: "OpenID Connect", link: "/production/openid-connect" },
          { text: "What is tested where", link: "/production/compatibility" },
          { text: "Before you go live", link: "/production/checklist" },
        ],
      },
      {
        text: "More",
        items: [
          { text: "Recipes", link: "/recipes" },
          { text: "Moving to Keyward", link: "/moving" },
          { text: "Problems", link: "/generated/problems/" },
          { text: "Errors", link: "/generated/errors/" },
          { text: "Security", link: "/generated/project/security" },
          { text: "Architecture", link: "/generated/project/architecture" },
          { text: "Contributing", link: "/generated/project/contributing" },
        ],
      },
      {
        text: "Packages",
        items: packages.map((name) => ({ text: name, link: `/generated/packages/${name}` })),
      },
      { text: "Reference", link: "/generated/reference/" },
    ],
  },
});
