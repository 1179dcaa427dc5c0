import { execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { parse } from "yaml";
import { selfSigned } from "../apps/express-api/src/setup/self-signed.ts";
import { ask } from "../apps/sample-tests/src/ask.ts";
import { SampleServer } from "../apps/sample-tests/src/sample-server.ts";
import {
  freePort,
  startPostgres,
  startRedis,
  type PostgresServer,
  type RedisServer,
} from "../packages/test-servers/src/index.ts";
import { root } from "./published-packages.mjs";

/** Starts the services of deploy/compose.yaml and the Dockerfile as processes of this machine. */
const work = mkdtempSync(join(tmpdir(), "keyward-deploy-"));
let redis: RedisServer;
let postgres: PostgresServer;

beforeAll(async () => {
  [redis, postgres] = await Promise.all([startRedis(), startPostgres()]);
});
afterAll(async () => {
  await Promise.all([redis.stop(), postgres.stop()]);
  rmSync(work, { recursive: true, force: true });
});

const read = (path: string) => readFileSync(join(root, path), "utf8");

/** The deployed application of a sample, by the command of the Dockerfile; returns the program that it starts. */
function deploy(sample: string): string {
  const dockerfile = read("deploy/Dockerfile").replaceAll("${SAMPLE}", sample);
  const [, deployment] = /^RUN npx (.* deploy .*) \/app$/m.exec(dockerfile) ?? [];
  const [, command] = /^CMD (.*)$/m.exec(dockerfile) ?? [];
  const folder = join(work, sample);
  execFileSync("npx", [...(deployment as string).split(" "), folder], { cwd: root, stdio: "pipe" });
  const [program, file] = JSON.parse(command as string) as [string, string];
  expect(program).toBe("node");
  return join(folder, file);
}

/** The environment that the compose file gives each replica, with the addresses of the servers of this test. */
function environmentOf(values: Readonly<Record<string, string>>): Record<string, string> {
  const { services } = parse(read("deploy/compose.yaml")) as {
    services: { api: { environment: Record<string, string> } };
  };
  const resolve = (text: string) =>
    text
      .replaceAll(/\$\{(\w+):-(.*?)\}/g, "$2")
      .replaceAll(/\$\{(\w+):\?\}/g, (_, name: string) => values[name] as string)
      .replace("redis://redis:6379", redis.url);
  return Object.fromEntries(
    Object.entries(services.api.environment).map(([name, text]) => [name, resolve(text)]),
  );
}

/** nginx with the configuration of the deployment, in front of replicas on these ports. */
async function startProxy(ports: readonly number[]): Promise<{ readonly port: number; readonly ca: string }> {
  const folder = mkdtempSync(join(work, "nginx-"));
  const port = await freePort();
  const { cert, key } = await selfSigned();
  mkdirSync(join(folder, "certificates"));
  writeFileSync(join(folder, "certificates/cert.pem"), cert);
  writeFileSync(join(folder, "certificates/key.pem"), key);
  const servers = ports.map((each) => `server 127.0.0.1:${each};`).join(" ");
  const site = read("deploy/nginx.conf")
    .replace("server api:3080;", servers)
    .replace("listen 443 ssl", `listen 127.0.0.1:${port} ssl`)
    .replaceAll("/etc/nginx/certificates", join(folder, "certificates"));
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  writeFileSync(
    join(folder, "nginx.conf"),
    `daemon off; pid ${folder}/nginx.pid; events {} http { access_log off; ${temporary.join(" ")} ${site} }`,
  );
  const nginx = spawn("nginx", ["-p", folder, "-c", "nginx.conf", "-e", "stderr"], { stdio: "ignore" });
  onTestFinished(async () => {
    nginx.kill("SIGTERM");
    await once(nginx, "exit");
  });
  await expect
    .poll(() => ask({ port, ca: cert, path: "/healthz" }).catch(() => ({})))
    .toHaveProperty("status", 200);
  return { port, ca: cert };
}

describe("the deployment with two replicas", { timeout: 120_000 }, () => {
  it.each(["express-api", "koa-api", "nestjs-api"])("serves %s behind nginx", async (sample) => {
    const main = deploy(sample);
    const password = "correct horse battery";
    const environment = {
      ...environmentOf({
        KEYWARD_SECRET: randomBytes(32).toString("hex"),
        POSTGRES_PASSWORD: "x",
        ADMIN_PASSWORD: password,
      }),
      KEYWARD_STORE: await postgres.createDatabase(),
      NODE_ENV: "production",
    };
    const replicas = [new SampleServer(main), new SampleServer(main)];
    await Promise.all(replicas.map((replica) => replica.start(environment)));
    const proxy = await startProxy(replicas.map(({ ports }) => ports.http));

    const post = (path: string, body: object, cookie = "") =>
      ask({
        ...proxy,
        method: "POST",
        path: `/admin/api${path}`,
        headers: { "content-type": "application/json", cookie },
        send: JSON.stringify(body),
      });
    const signedIn = await post("/session", { password });
    expect(signedIn.status).toBe(204);
    const cookie = String(signedIn.headers["set-cookie"]).split(";")[0];
    const created = await post("/api-keys", { name: "deployed" }, cookie);
    expect(created.status).toBe(201);
    const key = String(created.body["secret"]);

    // nginx takes the replicas in turn, and both draw on one count.
    for (let times = 1; times <= 4; times += 1) {
      const { status, headers } = await ask({ ...proxy, path: "/v1/hello", key });
      expect(status).toBe(200);
      expect(headers["ratelimit"]).toMatch(new RegExp(`"daily";r=${2000 - times};`));
    }
    for (const replica of replicas) expect(await replica.stop("SIGTERM")).toBe(0);
  });
});
