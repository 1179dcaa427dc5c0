// Runs client.mjs in the runtime that is named, against a sample API that Node serves:
// node scripts/runtimes/run.mjs <command> [argument ...]
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { createKeyward } from "../../packages/core/dist/index.js";
import { sqliteStore } from "../../packages/sql/dist/index.js";

const path = (file) => fileURLToPath(new URL(file, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "keyward-runtime-"));
const certificate = join(folder, "certificate.pem");
const secret = "a secret of at least 32 bytes for tests";

const kw = createKeyward({ secret, store: await sqliteStore(join(folder, "keyward.db")) });
const created = await kw.keys.create({ name: "runtime", limits: { rate: 20, burst: 30, daily: 60 } });
await kw.close();

const server = spawn(process.execPath, [path("../../apps/express-api/dist/main.js")], {
  env: {
    PATH: process.env.PATH,
    NODE_NO_WARNINGS: "1",
    PORT: "0",
    HTTP_PORT: "0",
    TLS_CA_OUT: certificate,
    KEYWARD_STORE: `sqlite:${join(folder, "keyward.db")}`,
    KEYWARD_SECRET: secret,
    ADMIN_PASSWORD: "not needed here",
  },
  stdio: ["ignore", "pipe", "inherit"],
});
let status = 1;
try {
  let ports;
  for await (const line of createInterface(server.stdout)) {
    ports = /^listening https=(\d+) http=(\d+)$/.exec(line);
    if (ports !== null) break;
  }
  const [, https] = ports;
  const [command, ...args] = process.argv.slice(2);
  const result = spawnSync(command, [...args, path("client.mjs")], {
    env: {
      ...process.env,
      API: `https://localhost:${https}`,
      KEY: created.secret.reveal(),
      // For Node and Bun. Deno takes no certificate that signed itself for a server's.
      NODE_EXTRA_CA_CERTS: certificate,
    },
    stdio: "inherit",
  });
  if (result.error) throw result.error;
  status = result.status ?? 1;
} finally {
  server.kill("SIGKILL");
  await once(server, "exit");
  rmSync(folder, { recursive: true, force: true });
}
process.exit(status);
