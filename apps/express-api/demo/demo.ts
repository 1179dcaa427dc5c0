/**
 * `npm run demo`: starts the sample API on a temporary database, sends demo requests, and runs until Ctrl-C. With `--once` it ends when the visitor does: with 0 if every step went right.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const folder = mkdtempSync(join(tmpdir(), "keyward-demo-"));
const certificate = join(folder, "certificate.pem");
const environment = {
  ...process.env,
  KEYWARD_STORE: `sqlite:${join(folder, "keyward.db")}`,
  KEYWARD_SECRET: randomBytes(32).toString("base64url"),
  ADMIN_PASSWORD: randomBytes(12).toString("base64url"),
  // Node 22 says of its SQLite that it is experimental; the demo has other things to say.
  NODE_NO_WARNINGS: "1",
};

function start(
  file: string,
  more: Readonly<Record<string, string>>,
  stdout: "pipe" | "inherit",
): ChildProcess {
  const path = fileURLToPath(new URL(file, import.meta.url));
  return spawn(process.execPath, [path], {
    env: { ...environment, ...more },
    stdio: ["ignore", stdout, "inherit"],
  });
}

/** Resolves with the ports when the server says that it listens. */
async function portsOf(server: ChildProcess): Promise<{ https: string; http: string }> {
  if (server.stdout === null) throw new Error("The server's output is not piped.");
  for await (const line of createInterface(server.stdout)) {
    const [, https, http] = /^listening https=(\d+) http=(\d+)$/.exec(line) ?? [];
    if (https !== undefined && http !== undefined) return { https, http };
  }
  throw new Error("The server ended before it listened.");
}

async function stop(server: ChildProcess): Promise<void> {
  if (server.exitCode === null && server.signalCode === null) {
    server.kill("SIGTERM");
    await once(server, "exit");
  }
  rmSync(folder, { recursive: true, force: true });
}

const server = start("./main.js", { PORT: "0", HTTP_PORT: "0", TLS_CA_OUT: certificate }, "pipe");
// Once it was asked to end, nothing but the clean-up is left to do.
const interrupted = Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
let exitCode = 1;
try {
  const ports = await portsOf(server);
  const trusting = {
    NODE_EXTRA_CA_CERTS: certificate,
    DEMO_HTTPS_PORT: ports.https,
    DEMO_HTTP_PORT: ports.http,
  };
  const visitor = start("./visitor.js", trusting, "inherit");
  const ended = once(visitor, "exit") as Promise<[number | null]>;
  const [code] = await Promise.race([ended, interrupted.then((): [number] => [130])]);
  exitCode = code ?? 1;
  visitor.kill();
  if (exitCode !== 130 && !process.argv.includes("--once")) {
    console.log(`\nThe API stays up at https://localhost:${ports.https}. Ctrl-C ends it.`);
    console.log(
      `Its console:  https://localhost:${ports.https}/admin/  password: ${environment.ADMIN_PASSWORD}`,
    );
    console.log(`Its certificate, for curl --cacert:  ${certificate}`);
    await interrupted;
  }
} finally {
  await stop(server);
}
process.exit(exitCode);
