// Checks the built site: that searches find the right page first, and that every link leads somewhere. Run after the build, by `npm run site`.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import MiniSearch from "minisearch";

const dist = fileURLToPath(new URL(".vitepress/dist/", import.meta.url));
const base = process.env.DOCS_BASE ?? "/";

/** The path of an address below the base of the site; `undefined` for an address outside of it. */
const pathBelowBase = (address) => (address.startsWith(base) ? `/${address.slice(base.length)}` : undefined);

/** Search terms, and the page that should be first. */
const QUERIES = {
  monthly: "/guides/monthly-quotas",
  cors: "/guides/cors",
  docker: "/guides/docker-and-kubernetes",
  bearer: "/guides/bearer",
  "custom error": "/guides/custom-error-responses",
  migrate: "/moving/",
  serverless: "/guides/serverless",

  "audit log": "/concepts/audit-log",
  "api gateway": "/moving/aws-usage-plans",
  "behind nginx": "/guides/behind-a-proxy",
  "better-auth": "/moving/better-auth",
  billing: "/guides/export-usage",
  "billing period": "/guides/monthly-quotas",
  cloudflare: "/guides/behind-a-proxy",
  drizzle: "/guides/postgresql-beside-an-orm",
  express: "/start/express",
  "express-rate-limit": "/moving/express-rate-limit",
  fastify: "/start/fastify",
  "health check": "/guides/docker-and-kubernetes",
  hono: "/start/hono",
  kubernetes: "/guides/docker-and-kubernetes",
  lambda: "/guides/serverless",
  "leaked key": "/guides/responding-to-a-leak",
  "limits per customer": "/guides/limits-per-customer",
  "llm tokens": "/guides/cost-after-the-response",
  metering: "/guides/export-usage",
  nestjs: "/start/nestjs",
  "next.js": "/start/fetch",
  opentelemetry: "/guides/observability",
  "per route": "/guides/per-route-limits",
  prisma: "/guides/postgresql-beside-an-orm",
  redis: "/guides/redis",
  "redis down": "/concepts/redis-outage",
  "rotate key": "/guides/rotation",
  secret: "/guides/secrets",
  "skip route": "/guides/skipping-routes",
  throttler: "/moving/nestjs-throttler",
  "token bucket": "/concepts/fixed-windows",
  "trust proxy": "/guides/behind-a-proxy",
  unkey: "/moving/unkey",
  "unit test": "/guides/testing",
  webhook: "/guides/alerts",
  "without a key": "/guides/anonymous-traffic",
};

async function openIndex() {
  const chunks = join(dist, "assets/chunks");
  const file = readdirSync(chunks).find((name) => name.startsWith("@localSearchIndex"));
  const { default: json } = await import(pathToFileURL(join(chunks, file)).href);
  const { searchOptions } = await import("./.vitepress/search-options.mjs");
  return MiniSearch.loadJSON(json, {
    fields: ["title", "titles", "text"],
    storeFields: ["title", "titles"],
    searchOptions,
  });
}

const index = await openIndex();

void test("a search finds the right page first", () => {
  const wrong = Object.entries(QUERIES).flatMap(([query, page]) => {
    const found = index
      .search(query)
      .slice(0, 3)
      .map(({ id }) => pathBelowBase(id).replace(/\.html/, ""));
    return found[0]?.startsWith(page) ? [] : [`${query}: expected ${page}, found ${found.join(", ")}`];
  });
  assert.deepEqual(wrong, []);
});

void test("the site has an icon, a page for unknown addresses, and llms.txt with a Markdown version of each page", () => {
  for (const file of ["logo.svg", "404.html"]) assert.ok(existsSync(join(dist, file)), file);
  const links = [...readFileSync(join(dist, "llms.txt"), "utf8").matchAll(/\]\(([^)]+)\)/g)];
  assert.ok(links.length > 60, `${links.length} links`);
  for (const [, link] of links) assert.ok(existsSync(join(dist, pathBelowBase(link))), link);
});

void test("each link leads to a page, and each anchor to a heading", () => {
  const files = readdirSync(dist, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".html"),
  );
  const pages = new Map(files.map((name) => [`/${name}`, readFileSync(join(dist, name), "utf8")]));
  const ids = new Map(
    Array.from(pages, ([name, html]) => [
      name,
      new Set(Array.from(html.matchAll(/ id="([^"]+)"/g), ([, id]) => id)),
    ]),
  );
  /** True if a path below the base is that of a page or of another file. */
  function leadsSomewhere(path, anchor) {
    const candidates = path.endsWith("/") ? [`${path}index.html`] : [`${path}.html`, path];
    const page = candidates.find((candidate) => pages.has(candidate));
    if (page === undefined) return existsSync(join(dist, path));
    return anchor === "" || ids.get(page).has(anchor);
  }
  const broken = new Set();
  for (const [name, html] of pages) {
    for (const [, href] of html.matchAll(/<a [^>]*href="([^"]+)"/g)) {
      const url = new URL(href.replaceAll("&amp;", "&"), `https://site.example${base}${name.slice(1)}`);
      if (url.origin !== "https://site.example") continue;
      const path = pathBelowBase(decodeURIComponent(url.pathname));
      const anchor = decodeURIComponent(url.hash.slice(1));
      if (path === undefined || !leadsSomewhere(path, anchor)) broken.add(`${name}: ${href}`);
    }
  }
  assert.deepEqual([...broken], []);
});

void test("each guide is in the sidebar", () => {
  const sidebar = readFileSync(new URL(".vitepress/sidebar.ts", import.meta.url), "utf8");
  for (const folder of ["start", "concepts", "guides", "moving", "reference"]) {
    for (const file of readdirSync(new URL(`${folder}/`, import.meta.url))) {
      const link = `/${folder}/${file.replace(/(?:index)?\.md$/, "")}`;
      assert.ok(sidebar.includes(`"${link}"`), link);
    }
  }
});
