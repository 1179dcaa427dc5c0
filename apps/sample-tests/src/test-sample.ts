import { once } from "node:events";
import { readFileSync, statSync } from "node:fs";
import { connect } from "node:net";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { createKeyward } from "@keyward/core";
import { postgresStore, sqliteStore } from "@keyward/sql";
import { findProgram, freePort, startNginx, startPostgres, startRedis } from "@keyward/test-servers";
import { Redis } from "ioredis";
import { expect, onTestFinished, type it as It } from "vitest";
import { selfSigned } from "../../express-api/src/setup/self-signed.ts";
import { ask } from "./ask.ts";
import { SampleServer } from "./sample-server.ts";

/** An administrator in another process: same database, same secret. */
async function administer(server: SampleServer) {
  const database = join(server.folder, "keyward.db");
  const secret = readFileSync(`${database}.secret`, "utf8").trim();
  return createKeyward({ secret, store: await sqliteStore(database) });
}

/** Waits until each of two processes has learned from Redis that the other shares its limits. */
async function knowEachOther(redisUrl: string): Promise<void> {
  const redis = new Redis(redisUrl);
  onTestFinished(() => redis.disconnect());
  const latest = async () => scores(await redis.zrange("keyward:processes", "0", "-1", "WITHSCORES"));
  await expect.poll(latest, { timeout: 5000 }).toHaveLength(2);
  // A process learns of the other with its own next heartbeat.
  const both = Math.max(...(await latest()));
  await expect.poll(async () => Math.min(...(await latest())), { timeout: 5000 }).toBeGreaterThan(both);
}

/** Of a reply of Redis that alternates members and scores: the scores. */
function scores(reply: readonly string[]): number[] {
  return reply.filter((_, index) => index % 2 === 1).map(Number);
}

/**
 * Tests the responses that all samples share.
 *
 * @param main the file that `npm start` runs
 * @param platform additional environment variables
 */
export function testSample(
  it: typeof It,
  main: string,
  platform: Readonly<Record<string, string>> = {},
): void {
  const sample = () => new SampleServer(main, platform);

  it("serves the sample API, keeps its secret and keys over a restart, and ends in order", async () => {
    const server = sample();
    await server.start();
    expect(server.output).toEqual([
      expect.stringMatching(/^console password, shown this once: [\w-]{16}$/),
      expect.stringMatching(/^listening https=\d+ http=\d+$/),
    ]);
    // Only this machine reaches it, unless HOST says otherwise.
    const outside = Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .find(({ internal, family }) => !internal && family === "IPv4");
    if (outside !== undefined) {
      const elsewhere = connect(server.ports.http, outside.address);
      await expect(once(elsewhere, "connect")).rejects.toMatchObject({ code: "ECONNREFUSED" });
    }
    expect(statSync(join(server.folder, "keyward.db.secret")).mode & 0o777).toBe(0o600);
    const admin = await administer(server);
    const { key, secret } = await admin.keys.create({ name: "reader" });
    const writer = await admin.keys.create({ name: "writer", scopes: ["reports:write"] });
    const raw = secret.reveal();

    expect(await server.ask("/healthz")).toMatchObject({ status: 200, body: { status: "ok" } });
    expect(await server.ask("/v1/hello", raw)).toMatchObject({ status: 200, body: { hello: "reader" } });
    expect(await server.ask("/v1/hello", raw, { plain: true })).toMatchObject({
      status: 403,
      body: { code: "https-required" },
    });
    expect(await server.ask("/v1/hello")).toMatchObject({ status: 401, body: { code: "missing-api-key" } });
    for (const otherPath of ["/", "/v1", "/v1/nothing", "/v1/no/thing", "/nothing"]) {
      expect(await server.ask(otherPath)).toMatchObject({ status: 401 });
    }
    expect(await server.ask("/v1/nothing", raw)).toMatchObject({ status: 404 });
    const post = { method: "POST" };
    expect(await server.ask("/v1/reports", raw, post)).toMatchObject({
      status: 403,
      body: { code: "insufficient-scope" },
    });
    const report = await server.ask("/v1/reports", writer.secret.reveal(), post);
    expect(report.status).toBe(201);
    expect(report.headers["ratelimit"]).toMatch(/"daily";r=1990;/);
    const { body: usage } = await server.ask("/v1/usage", raw);
    expect(usage).toMatchObject({
      day: new Date().toISOString().slice(0, 10),
      admitted: 3,
      refused: 1,
      limits: { rate: 200, burst: 500, daily: 2000 },
      remaining: { daily: 1997 },
    });

    expect(await server.stop("SIGTERM")).toBe(0);
    await server.start();
    const again = await server.ask("/v1/hello", raw);
    expect(again.headers["ratelimit"]).toMatch(/"daily";r=1996;/);
    await admin.keys.revoke(key.id);
    await admin.close();
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect(await server.ask("/v1/hello", raw)).toMatchObject({
      status: 401,
      body: { code: "revoked-api-key" },
    });
    expect(await server.stop("SIGTERM")).toBe(0);
    // The console's password was printed at the first start alone.
    expect(server.output.filter((line) => line.startsWith("console password"))).toHaveLength(1);
    const printed = server.output.join("\n");
    for (const rawKey of [raw, writer.secret.reveal()]) expect(printed).not.toContain(rawKey);
  });

  it("tells operators how it fares: health, metrics, and logs with names of requests and masked keys", async () => {
    const server = sample();
    const metricsPort = await freePort();
    await server.start({
      METRICS_PORT: String(metricsPort),
      LOGS: "json",
      ADMIN_PASSWORD: "correct horse battery",
    });
    const admin = await administer(server);
    const { key, secret } = await admin.keys.create({ name: "observed" });
    const raw = secret.reveal();
    for (const path of ["/healthz", "/readyz"]) {
      expect(await server.ask(path)).toMatchObject({ status: 200, body: { status: "ok", store: "ok" } });
    }
    const hello = { port: server.ports.https, ca: server.ca, path: "/v1/hello" };
    const named = await ask({ ...hello, key: raw, headers: { "x-request-id": "from-the-proxy" } });
    expect(named.headers["x-request-id"]).toBe("from-the-proxy");
    await admin.keys.revoke(key.id);
    const refused = () => ask({ ...hello, key: raw, headers: { "x-request-id": "too-late" } });
    await expect.poll(async () => (await refused()).status, { timeout: 3000 }).toBe(401);
    await admin.close();

    const metrics = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
    expect(metrics).toMatch(/keyward_admission_duration_count\{[^}]*keyward_outcome="admitted"[^}]*\} [1-9]/);
    expect(metrics).toContain('error_type="revoked-api-key"');
    expect(metrics).toMatch(/keyward_limiter_degraded\{[^}]*\} 0/);
    const logs = server.output
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line) as object);
    expect(logs).toContainEqual(
      expect.objectContaining({
        event: "refused",
        code: "revoked-api-key",
        requestId: "too-late",
        key: expect.objectContaining({ masked: key.masked }),
      }),
    );
    expect(server.output.join() + metrics).not.toContain(raw);
    expect(await server.stop("SIGTERM")).toBe(0);
  });

  it("serves the console at /admin/ to administrators only, and its keys work in the API", async () => {
    const server = sample();
    await server.start({ ADMIN_PASSWORD: "correct horse battery" });
    expect(server.output).toHaveLength(1);
    const api = (method: string, path: string, body?: object, cookie = "") =>
      ask({
        port: server.ports.https,
        ca: server.ca,
        method,
        path: `/admin/api${path}`,
        headers: { "content-type": "application/json", cookie },
        ...(body !== undefined && { send: JSON.stringify(body) }),
      });
    const page = await server.ask("/admin/");
    expect(page).toMatchObject({
      status: 200,
      headers: { "content-type": expect.stringMatching(/^text\/html/) },
    });
    expect(await server.ask("/admin/", undefined, { plain: true })).toMatchObject({ status: 403 });
    expect(await api("GET", "/api-keys")).toMatchObject({ status: 401, body: { code: "sign-in-required" } });
    expect(await api("POST", "/session", { password: "wrong" })).toMatchObject({ status: 401 });
    const { status, headers } = await api("POST", "/session", { password: "correct horse battery" });
    expect(status).toBe(204);
    const cookie = String(headers["set-cookie"]).split(";")[0] ?? "";
    const made = await api("POST", "/api-keys", { name: "from the console" }, cookie);
    expect(made.status).toBe(201);
    const raw = String(made.body["secret"]);
    expect(await server.ask("/v1/hello", raw)).toMatchObject({
      status: 200,
      body: { hello: "from the console" },
    });
    const { id } = made.body["key"] as { id: string };
    expect(await api("DELETE", `/api-keys/${id}`, undefined, cookie)).toMatchObject({ status: 200 });
    expect(await server.ask("/v1/hello", raw)).toMatchObject({
      status: 401,
      body: { code: "revoked-api-key" },
    });
    const { body: audit } = await api("GET", "/audit", undefined, cookie);
    expect(audit["events"]).toMatchObject([
      { action: "key.revoked", actor: "admin", address: expect.stringMatching(/127\.0\.0\.1$/) },
      { action: "key.created" },
      { action: "session.started", actor: "admin" },
      { action: "sign-in.failed", actor: "anonymous" },
    ]);
    expect(await server.stop("SIGTERM")).toBe(0);
  });

  /** For tests that stop their server, which a server given by the environment does not allow. */
  const needs = (program: string) => ({ skip: findProgram(program) === undefined });

  it("two of them count together in Redis, and continue without it", needs("redis-server"), async () => {
    const redis = await startRedis();
    onTestFinished(() => redis.stop());
    const [one, two] = [sample(), sample()];
    const store = { KEYWARD_STORE: `sqlite:${join(one.folder, "keyward.db")}` };
    for (const server of [one, two]) await server.start({ ...store, REDIS_URL: redis.url });
    const admin = await administer(one);
    const raw = (await admin.keys.create({ name: "both" })).secret.reveal();
    await admin.close();

    for (const server of [one, two, two]) {
      expect(await server.ask("/v1/hello", raw)).toMatchObject({ status: 200 });
    }
    const { body } = await one.ask("/v1/usage", raw);
    expect(body).toMatchObject({ remaining: { daily: 1996 } });
    expect(await one.ask("/healthz")).toMatchObject({ status: 200, body: { status: "ok", limiter: "ok" } });

    await knowEachOther(redis.url);
    await redis.kill();
    for (let times = 0; times < 6; times += 1) {
      const { status, headers } = await one.ask("/v1/hello", raw);
      expect(status).toBe(200);
      // Each of the two processes grants half of the limits, from the day's count as it was last read.
      expect(headers["ratelimit"]).toMatch(/"daily";r=99\d;/);
    }
    await redis.restart();
    await expect
      .poll(async () => (await one.ask("/healthz")).body, { timeout: 3000 })
      .toMatchObject({ status: "ok" });
    for (const server of [one, two]) expect(await server.stop("SIGTERM")).toBe(0);
  });

  const sharedKeys =
    "replicas share keys in PostgreSQL, and respond with 503 for keys not in the cache while it is down";
  it(sharedKeys, needs("postgres"), async () => {
    const postgres = await startPostgres();
    onTestFinished(() => postgres.stop());
    const url = await postgres.createDatabase();
    const environment = { KEYWARD_STORE: url, KEYWARD_SECRET: "a secret for tests, and for nothing else" };
    await expect(sample().start({ KEYWARD_STORE: url })).rejects.toThrow(/secret is missing/);
    const [one, two] = [sample(), sample()];
    // Both at once, on a database without tables.
    await Promise.all([one, two].map((server) => server.start(environment)));
    const admin = createKeyward({ secret: environment.KEYWARD_SECRET, store: await postgresStore(url) });
    const [existingPath, otherPath] = await Promise.all(
      ["known", "unknown"].map((name) => admin.keys.create({ name })),
    );
    const [knownKey, unknownKey] = [existingPath, otherPath].map((made) => made?.secret.reveal());
    for (const server of [one, two]) {
      expect(await server.ask("/v1/hello", knownKey)).toMatchObject({ status: 200 });
    }
    await postgres.kill();
    expect(await one.ask("/v1/hello", knownKey)).toMatchObject({ status: 200 });
    expect(await one.ask("/v1/hello", unknownKey)).toMatchObject({
      status: 503,
      headers: { "retry-after": "1" },
      body: { code: "key-store-unavailable" },
    });
    await postgres.restart();
    expect(await one.ask("/v1/hello", unknownKey)).toMatchObject({ status: 200 });
    await admin.keys.revoke(existingPath?.key.id as string);
    for (const server of [one, two]) {
      const answer = async () => (await server.ask("/v1/hello", knownKey)).body["code"];
      await expect.poll(answer, { timeout: 5000 }).toBe("revoked-api-key");
    }
    await admin.close();
    for (const server of [one, two]) expect(await server.stop("SIGTERM")).toBe(0);
  });

  it("says what is wrong with its environment and does not start", async () => {
    const mistakes = [
      [{ PORT: "https" }, /PORT must be a port from 0 to 65535; got "https"/],
      [{ TLS_CERT: "cert.pem" }, /TLS_CERT and TLS_KEY must both be set, or neither/],
      [{ KEYWARD_STORE: "redis://x" }, /The key store must be sqlite:<path>, postgres:.*; got redis:/],
      [{ KEYWARD_SECRET: "short" }, /secret must be at least 32 bytes; got 5/],
      [{ REDIS_URL: "localhost:6379" }, /REDIS_URL must be like redis:/],
    ] as const;
    await Promise.all(mistakes.map(([env, message]) => expect(sample().start(env)).rejects.toThrow(message)));
  });

  it("trusts the configured proxy, and no client", async () => {
    const server = sample();
    await server.start({ TRUST_PROXY: "127.0.0.1" });
    const certificate = await selfSigned();
    const nginx = await startNginx({ appPort: server.ports.http, certificate });
    onTestFinished(() => nginx.stop());
    const admin = await administer(server);
    const raw = (await admin.keys.create({ name: "proxied" })).secret.reveal();
    await admin.close();
    const over = { https: { port: nginx.httpsPort, ca: certificate.cert }, http: { port: nginx.httpPort } };
    const claims = { "x-forwarded-proto": "https", "x-forwarded-for": "192.0.2.1", forwarded: "proto=https" };

    expect(await ask({ ...over.https, path: "/v1/hello", key: raw })).toMatchObject({ status: 200 });
    for (const headers of [{}, claims]) {
      expect(await ask({ ...over.http, path: "/v1/hello", key: raw, headers })).toMatchObject({
        status: 403,
        body: { code: "https-required" },
      });
    }
    // A client that fails too often is identified by the address that the proxy saw, whatever the client claims.
    const guess = (from: string, claimed: number) =>
      ask({
        ...over.https,
        path: "/v1/hello",
        key: `${raw}0`,
        from,
        headers: { "x-forwarded-for": `192.0.2.${claimed}` },
      });
    const guesses = [];
    for (let times = 0; times < 21; times += 1) guesses.push((await guess("127.0.0.9", times)).status);
    expect(guesses).toEqual([...Array.from({ length: 20 }, () => 401), 429]);
    expect((await guess("127.0.0.10", 1)).status).toBe(401);
  });

  it("trusts no proxy that is not configured", async () => {
    const server = sample();
    await server.start();
    const certificate = await selfSigned();
    const nginx = await startNginx({ appPort: server.ports.http, certificate });
    onTestFinished(() => nginx.stop());
    const proxied = await ask({ port: nginx.httpsPort, ca: certificate.cert, path: "/v1/hello" });
    expect(proxied).toMatchObject({ status: 403, body: { code: "https-required" } });
    const guesses = [];
    for (let times = 0; times < 21; times += 1) {
      const headers = { "x-forwarded-for": `192.0.2.${times}`, "x-forwarded-proto": "http" };
      const { https: port } = server.ports;
      guesses.push((await ask({ port, ca: server.ca, path: "/v1/hello", headers })).status);
    }
    expect(guesses).toEqual([...Array.from({ length: 20 }, () => 401), 429]);
  });
}
