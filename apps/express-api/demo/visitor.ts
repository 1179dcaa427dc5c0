/**
 * The demo's customer and its administrator: makes a key in the server's database, as a console would
 * from another process, and then is a client of the API like any other.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "@keyward/client";
import { createKeyward } from "@keyward/core";
import { openStore } from "@keyward/sql";
import { burst, type BurstResult } from "./burst.ts";
import { duration, Report, type Outcome } from "./report.ts";

const [httpsPort, httpPort] = [process.env["DEMO_HTTPS_PORT"], process.env["DEMO_HTTP_PORT"]];
const api = new URL(`https://localhost:${httpsPort}`);

const report = new Report();
const kw = createKeyward({
  secret: process.env["KEYWARD_SECRET"] ?? "",
  store: await openStore(process.env["KEYWARD_STORE"] ?? ""),
});

/** True if a response is the expected problem, with its detail. */
async function problem(response: Response, status: number, code: string): Promise<Outcome> {
  const body = (await response.json()) as { code?: string; title?: string };
  return {
    happened: `${response.status} ${body.code}: ${body.title}`,
    right: response.status === status && body.code === code,
  };
}

report.heading(`An API at ${api.href} with keys, and limits of 200 a second, 500 in a burst, 2000 a day`);

const { key, secret } = await kw.keys.create({ name: "demo" }, { actor: "demo" });
const raw = secret.reveal();
report.line(`A new key, shown this once:  ${raw}`);
report.line(`From here on it is only:     ${secret}\n`);

const client = createClient({ baseUrl: api, apiKey: raw });
const hello = new URL("/v1/hello", api);

await report.step("A call with the key", "200, and what remains of each limit", async () => {
  const response = await client.fetch("/v1/hello");
  const limits = response.headers.get("ratelimit");
  return { happened: `${response.status}, RateLimit: ${limits}`, right: response.ok && limits !== null };
});

await report.step("The same over plain HTTP", "403 https-required, and no redirect", async () =>
  problem(
    await fetch(`http://localhost:${httpPort}/v1/hello`, {
      headers: { "x-api-key": raw },
      redirect: "manual",
    }),
    403,
    "https-required",
  ),
);

await report.step("A call without a key", "401 missing-api-key", async () =>
  problem(await fetch(hello), 401, "missing-api-key"),
);

await report.step("A forged key", "401 invalid-api-key, without a look into the database", async () => {
  const forged = `${raw.slice(0, -8)}AAAAAAAA`;
  return problem(await fetch(hello, { headers: { "x-api-key": forged } }), 401, "invalid-api-key");
});

await report.step(
  "A burst of 700 requests",
  "500 admitted, 200 refused, each refusal with Retry-After",
  async () => {
    let result: BurstResult | undefined;
    // A machine that takes longer than the limit's second proves nothing either way: it may try again.
    for (let tries = 0; tries < 3 && (result === undefined || result.tookMs > 950); tries += 1) {
      await sleep(tries === 0 ? 1100 : 2600);
      result = await burst(hello, raw, 700);
    }
    const { admitted = 0, refused = 0, withRetryAfter = 0, tookMs = 0 } = result ?? {};
    return {
      happened: `${admitted} admitted, ${refused} refused, ${withRetryAfter} with Retry-After, in ${duration(tookMs)}`,
      right: admitted === 500 && refused === 200 && withRetryAfter === 200,
    };
  },
);

await report.step("A client that backs off", "waits for Retry-After, then 200", async () => {
  const startedAt = performance.now();
  const response = await client.fetch("/v1/hello");
  return {
    happened: `${response.status} after ${duration(performance.now() - startedAt)}`,
    right: response.ok,
  };
});

await report.step(
  "The caller's own usage",
  "what was admitted and refused today, to the request",
  async () => {
    const usage = (await (await client.fetch("/v1/usage")).json()) as {
      admitted: number;
      refusedBy: { burst: number };
      remaining: { daily: number };
    };
    const { admitted, refusedBy, remaining } = usage;
    return {
      happened: `${admitted} admitted, ${refusedBy.burst} refused by burst, ${remaining.daily} left today`,
      right: admitted + remaining.daily === 2000 && refusedBy.burst >= 200,
    };
  },
);

await report.step(
  "The console, Admin > Settings > API Keys",
  "a page at /admin/, and no key to see without signing in",
  async () => {
    const page = await fetch(new URL("/admin/", api));
    const keys = await fetch(new URL("/admin/api/api-keys", api));
    const signIn = await fetch(new URL("/admin/api/session", api), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ password: process.env["ADMIN_PASSWORD"] }),
    });
    return {
      happened: `${api}admin/: ${page.status}, its keys: ${keys.status}, signing in: ${signIn.status}`,
      right: page.status === 200 && keys.status === 401 && signIn.status === 204,
    };
  },
);

await report.step(
  "The key is revoked, from another process",
  "401 revoked-api-key within a second",
  async () => {
    await kw.keys.revoke(key.id, { actor: "demo" });
    const revokedAt = performance.now();
    let response = await fetch(hello, { headers: { "x-api-key": raw } });
    while (response.status !== 401 && performance.now() - revokedAt < 5000) {
      await sleep(20);
      response = await fetch(hello, { headers: { "x-api-key": raw } });
    }
    const tookMs = performance.now() - revokedAt;
    const { happened, right } = await problem(response, 401, "revoked-api-key");
    return { happened: `${happened}, ${duration(tookMs)} later`, right: right && tookMs < 1000 };
  },
);

await kw.close();
process.exitCode = report.conclude() ? 0 : 1;
