import { chmodSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createKeyward } from "@keyward/core";
import { keyward } from "@keyward/express";
import { openStore } from "@keyward/sql";
import { findProgram, startNginx, startPostgres, startRedis } from "@keyward/test-servers";
import express from "express";
import { generate } from "selfsigned";
import { describe, expect, it, onTestFinished } from "vitest";
import { openShell, type Shell } from "./keyward.ts";

const GOOD_SECRET = "Zx3vQ9kT1x8Lm0RaB1a234b56Qw7Er8Ty9Ui0Op";

/** Returns the findings as lines: `problem secret: KEYWARD_SECRET is not set`. */
async function findingsOf(shell: Shell, env: Record<string, string> = {}, ...flags: readonly string[]) {
  const { code, out, err } = await shell.keywardWith({ env }, "doctor", "--json", ...flags);
  expect(err).toBe("");
  const { findings } = JSON.parse(out) as {
    findings: { check: string; verdict: string; message: string; advice?: string }[];
  };
  for (const { verdict, advice } of findings) expect(advice !== undefined).toBe(verdict !== "ok");
  return { code, findings: findings.map(({ check, verdict, message }) => `${verdict} ${check}: ${message}`) };
}

async function healthyShell(): Promise<Shell> {
  const shell = openShell({ KEYWARD_SECRET: GOOD_SECRET });
  await shell.keyward("keys", "create", "--name", "a");
  return shell;
}

describe("keyward doctor", () => {
  it("finds no problems in a healthy deployment", async () => {
    const { code, out } = await (await healthyShell()).keyward("doctor");
    expect(code).toBe(0);
    expect(out.trim().split("\n")).toEqual([
      "ok       secret: 1 secret from KEYWARD_SECRET",
      expect.stringMatching(/^ok {7}store: .*keyward\.db responds and is up to date$/),
    ]);
  });

  it("reports a secret that is missing, short, not random, or being changed", async () => {
    const shell = await healthyShell();
    const first = async (env: Record<string, string>) => (await findingsOf(shell, env)).findings[0];
    expect(await first({ KEYWARD_SECRET: "" })).toBe("problem secret: KEYWARD_SECRET is not set");
    expect(await first({ KEYWARD_SECRET: "short" })).toBe(
      "problem secret: a secret must be at least 32 bytes; got 5",
    );
    expect(await first({ KEYWARD_SECRET: "ab".repeat(20) })).toMatch(
      /^problem secret: a secret must have at least 10 different characters/,
    );
    expect(await first({ KEYWARD_SECRET: `${GOOD_SECRET}\n` })).toMatch(
      /^problem secret: a secret must not begin or end with white space/,
    );
    expect(await first({ KEYWARD_PREVIOUS_SECRET: GOOD_SECRET })).toMatch(
      /^warning secret: 2 secrets are set/,
    );
    expect((await findingsOf(shell, { KEYWARD_SECRET: "" })).code).toBe(1);
  });

  it("reports a secret that the store's keys were not made under, and so does every command", async () => {
    const shell = await healthyShell();
    const KEYWARD_SECRET = (await shell.keyward("init")).out.replace(/^KEYWARD_SECRET=/, "").trim();
    const { code, findings } = await findingsOf(shell, { KEYWARD_SECRET });
    expect(code).toBe(1);
    expect(findings).toContain(
      "problem secret: the secret is not the one that the store's keys were made under: no key works",
    );
    const listed = await shell.keywardWith({ env: { KEYWARD_SECRET } }, "keys", "list");
    expect(listed).toMatchObject({ code: 1, out: "", err: expect.stringContaining("made under") });
    const both = { KEYWARD_SECRET, KEYWARD_PREVIOUS_SECRET: GOOD_SECRET };
    expect((await findingsOf(shell, both)).findings).toEqual([
      "warning secret: 2 secrets are set: a change of the secret is under way",
      expect.stringMatching(/^ok store: /),
    ]);
  });

  it("reports a store that is missing, unreachable, not a database, or readable by others", async () => {
    const shell = await healthyShell();
    const store = async (url: string) =>
      (await findingsOf(shell, { KEYWARD_STORE: url })).findings.filter((line) => line.includes("store:"));
    expect(await store("sqlite:none.db")).toEqual([
      expect.stringMatching(/^problem store: there is no database at .*none\.db/),
    ]);
    expect(await store("memory:")).toEqual([expect.stringMatching(/^warning store: memory/)]);
    const [unreachable] = await store("postgres://a:hunter2@127.0.0.1:1/none");
    expect(unreachable).toMatch(/^problem store: .*did not respond/);
    expect(unreachable).not.toContain("hunter2");
    writeFileSync(join(shell.folder, "diary.db"), "no database".repeat(1000), { mode: 0o600 });
    expect(await store("sqlite:diary.db")).toEqual([
      expect.stringMatching(/^problem store: .*not a SQLite database/),
    ]);
    chmodSync(join(shell.folder, "keyward.db"), 0o644);
    expect(await store("sqlite:keyward.db")).toContainEqual(
      expect.stringMatching(/^warning store: .*mode 644/),
    );
  });

  it("reports address lists in an application that sees only the address of its proxy", async () => {
    const shell = await healthyShell();
    const addresses = async () => {
      const { code, findings } = await findingsOf(shell);
      return { code, found: findings.filter((line) => line.includes("addresses:")) };
    };
    expect(await addresses()).toEqual({ code: 0, found: [] });
    const created = await shell.keyward(
      "keys",
      "create",
      "--name",
      "b",
      "--allowed-address",
      "203.0.113.0/24",
    );
    expect(await addresses()).toEqual({
      code: 0,
      found: [
        expect.stringMatching(/^warning addresses: 1 keys or owners have address lists; .* was not checked/),
      ],
    });
    const [free = ""] = (await shell.keyward("keys", "create", "--name", "c")).out.split("\n");
    const use = async (ip: string) => {
      const kw = createKeyward({
        secret: GOOD_SECRET,
        store: await openStore(`sqlite:${join(shell.folder, "keyward.db")}`),
      });
      await kw.admit({ header: () => free, secure: true, ip });
      await kw.close();
    };
    expect(created.code).toBe(0);
    await use("10.0.3.7");
    expect(await addresses()).toEqual({
      code: 1,
      found: [
        expect.stringMatching(
          /^problem addresses: .* internal addresses such as 10\.0\.3\.7: .* does not trust its proxy/,
        ),
      ],
    });
    // An owner's list of internal networks shows that clients are internal.
    await shell.keyward("owners", "update", "acme", "--allowed-address", "10.0.0.0/8");
    expect((await addresses()).code).toBe(0);
  });

  it("reports a PostgreSQL database without migrations or with newer ones, and compares clocks", async () => {
    const server = await startPostgres();
    onTestFinished(() => server.stop());
    const url = await server.createDatabase();
    const shell = openShell({ KEYWARD_SECRET: GOOD_SECRET, KEYWARD_STORE: url });
    expect((await findingsOf(shell)).findings).toEqual([
      "ok secret: 1 secret from KEYWARD_SECRET",
      expect.stringMatching(/^warning store: PostgreSQL lacks migrations \(0001-tables/),
      "ok clock: the clock of PostgreSQL agrees with this machine's",
    ]);
    await shell.keyward("keys", "create", "--name", "a");
    await server.query(url, "insert into keyward_migration values ('0099-later', '2099-01-01')");
    const { code, findings } = await findingsOf(shell);
    expect(findings[1]).toMatch(
      /^problem store: PostgreSQL has migrations of a newer release \(0099-later\)/,
    );
    expect(code).toBe(1);
  });

  const ownRedis = { skip: findProgram("redis-server") === undefined };
  it("reports a Redis that does not respond, may evict counters, or is read-only", ownRedis, async () => {
    const shell = await healthyShell();
    const redis = await startRedis({ "maxmemory-policy": "allkeys-lru" });
    onTestFinished(() => redis.stop());
    const look = async (url = redis.url) => (await findingsOf(shell, { REDIS_URL: url })).findings.slice(2);
    expect(await look()).toEqual([
      expect.stringMatching(/^ok redis: answers in \d+ ms$/),
      "ok redis: is a primary and accepts writes",
      expect.stringMatching(/^warning redis: has the maxmemory-policy allkeys-lru/),
      "ok clock: the clock of Redis agrees with this machine's",
    ]);
    await redis.command("REPLICAOF", "127.0.0.1", "1");
    await redis.command("CONFIG", "SET", "maxmemory-policy", "noeviction");
    expect(await look()).toEqual(
      expect.arrayContaining([
        "problem redis: is a replica and does not accept writes",
        "ok redis: evicts nothing",
      ]),
    );
    await redis.kill();
    const [gone, ...rest] = await look(redis.url.replace("//", "//:hunter2@"));
    expect(gone).toMatch(/^problem redis: does not respond/);
    expect(gone).not.toContain("hunter2");
    expect(rest).toEqual([]);
    expect(await look("redis://:hunter2/x@localhost")).toEqual(["problem redis: REDIS_URL is not a URL"]);
  });
});

describe("keyward doctor --url", () => {
  /** Starts the API behind nginx, with a setting for the proxies that the application trusts. */
  async function deploy(trustProxy: boolean | number) {
    const kw = createKeyward();
    const app = express();
    app.set("trust proxy", trustProxy);
    app.get("/open", (_request, response) => void response.send("hello"));
    app.get("/moved", (_request, response) => response.redirect("https://example.com/"));
    app.use("/v1", keyward(kw));
    const server = createServer(app).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { cert, private: key } = await generate([{ name: "commonName", value: "localhost" }], {
      extensions: [{ name: "subjectAltName", altNames: [{ type: 7, ip: "127.0.0.1" }] }],
    });
    const { port } = server.address() as AddressInfo;
    const nginx = await startNginx({ appPort: port, certificate: { cert, key } });
    const shell = await healthyShell();
    writeFileSync(join(shell.folder, "ca.pem"), cert);
    onTestFinished(async () => {
      await nginx.stop();
      server.close();
      await kw.close();
    });
    const look = async (path: string, plain: string, ...flags: readonly string[]) => {
      const url = [
        "--url",
        `https://127.0.0.1:${nginx.httpsPort}${path}`,
        "--plain-url",
        plain,
        "--ca",
        "ca.pem",
      ];
      const { code, findings } = await findingsOf(shell, {}, ...url, ...flags);
      return { code, findings: findings.slice(2) };
    };
    return { look, throughNginx: `http://127.0.0.1:${nginx.httpPort}`, direct: `http://127.0.0.1:${port}` };
  }

  it("finds no problems if the application trusts only its proxy", async () => {
    const { look, throughNginx } = await deploy(1);
    expect(await look("/v1/hello", `${throughNginx}/v1/hello`, "--probe-address")).toEqual({
      code: 0,
      findings: [
        "ok https: is recognized; a request without a key is refused",
        "ok plain http: is refused, even with forged headers",
        "ok addresses: are not taken from forged headers",
      ],
    });
  });

  it("reports an application that does not trust its proxy and refuses every key", async () => {
    const { look, throughNginx } = await deploy(false);
    const { code, findings } = await look("/v1/hello", `${throughNginx}/v1/hello`);
    expect(findings[0]).toMatch(/^problem proxies: the application sees an HTTPS request as plain HTTP/);
    expect(code).toBe(1);
  });

  it("reports an application that trusts forged headers", async () => {
    const { look, direct } = await deploy(true);
    const { findings } = await look("/v1/hello", `${direct}/v1/hello`, "--probe-address");
    expect(findings[1]).toMatch(
      /^problem plain http: the application trusts a client that sends X-Forwarded-Proto: https/,
    );
    expect(findings[2]).toMatch(/^problem addresses: the application trusts a forged X-Forwarded-For/);
  });

  it("reports routes without a key, redirects, other servers on plain HTTP, and hosts that do not answer", async () => {
    const { look, direct } = await deploy(1);
    const open = await look("/open", `${direct}/moved`);
    expect(open.findings).toEqual([
      expect.stringMatching(/^problem https: a request without a key got 200 instead of 401/),
      expect.stringMatching(/^warning plain http: is redirected to https:\/\/example\.com/),
    ]);
    expect((await look("/v1", `${direct}/open`)).findings[1]).toMatch(
      /^warning plain http: got 200, and not from Keyward/,
    );
    expect((await look("/v1", "http://127.0.0.1:1/")).findings[1]).toMatch(
      /^ok plain http: 127\.0\.0\.1:1 does not respond/,
    );
    const shell = await healthyShell();
    const unreachable = await findingsOf(shell, {}, "--url", "https://127.0.0.1:1/v1");
    expect(unreachable.findings[2]).toMatch(/^problem https: 127\.0\.0\.1:1 does not respond/);
    expect((await findingsOf(shell, {}, "--url", "http://127.0.0.1:1/v1")).findings[2]).toMatch(
      /is not an https URL/,
    );
  });
});
