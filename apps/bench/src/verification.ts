import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { apiKey } from "@better-auth/api-key";
import { createKeyward, type Keyward, type Store } from "@keyward/core";
import { postgresStore, sqliteStore } from "@keyward/sql";
import { startPostgres } from "@keyward/test-servers";
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { Kysely, SqliteDialect } from "kysely";
import Database from "libsql";
import { compare, type Contender } from "./measure.ts";
import { heading, line, target } from "./print.ts";

const SECRET = "a secret of at least 32 bytes, for the benchmark";
const KEYS = 1000;
const PLENTY = { default: { rate: 400_000_000, burst: 1_000_000_000, daily: 1_000_000_000 } };

interface Verifier {
  readonly kw: Keyward;
  readonly raw: readonly string[];
}

/** A thousand keys in a store; a cache of one key makes each verification look up. */
async function verifier(store: Store, maxKeys: number): Promise<Verifier> {
  const kw = createKeyward({
    secret: SECRET,
    store,
    plans: PLENTY,
    cache: { lifetimeMs: 3_600_000, maxKeys },
  });
  const made = await Promise.all(Array.from({ length: KEYS }, () => kw.keys.create({ name: "bench" })));
  return { kw, raw: made.map(({ secret }) => secret.reveal()) };
}

function verifying(name: string, { kw, raw }: Verifier): Contender {
  let turn = 0;
  return {
    name,
    run: () => {
      const key = raw[(turn += 1) % KEYS] as string;
      return kw.admit({ header: () => key, secure: true, ip: "203.0.113.1" });
    },
  };
}

/**
 * better-auth's plugin on the same file. By default it counts requests by key with a write each; here it only verifies, and it writes the last use of a key after it has responded.
 */
async function betterAuthVerifying(file: string): Promise<Contender & { close(): Promise<void> }> {
  const connection = new Database(file);
  connection.exec("pragma journal_mode = wal");
  const db = new Kysely({ dialect: new SqliteDialect({ database: connection }) });
  const options = {
    secret: SECRET,
    baseURL: "https://api.example.com",
    database: { db, type: "sqlite" as const },
    emailAndPassword: { enabled: true },
    telemetry: { enabled: false },
    logger: { level: "error" as const },
    advanced: { backgroundTasks: { handler: () => {} } },
    plugins: [apiKey({ rateLimit: { enabled: false }, deferUpdates: true })],
  };
  await (await getMigrations(options)).runMigrations();
  const auth = betterAuth(options);
  const { user } = await auth.api.signUpEmail({
    body: { name: "bench", email: "bench@example.com", password: "a password" },
  });
  const raw: string[] = [];
  for (let count = 0; count < KEYS; count += 1) {
    const { key } = await auth.api.createApiKey({ body: { name: "bench", userId: user.id } });
    raw.push(key);
  }
  let turn = 0;
  return {
    name: "better-auth's API-key plugin, the same SQLite file",
    run: async () => {
      const { valid } = await auth.api.verifyApiKey({ body: { key: raw[(turn += 1) % KEYS] as string } });
      if (!valid) throw new Error("better-auth refused a key that it had made");
    },
    close: () => db.destroy(),
  };
}

/** Verification with and without a look-up, on either database, and better-auth's on the same SQLite file. */
export async function benchVerification(): Promise<boolean[]> {
  const folder = mkdtempSync(join(tmpdir(), "keyward-bench-"));
  const file = join(folder, "keys.db");
  const postgres = await startPostgres();
  const verifiers: Verifier[] = [];
  const open = async (store: Store, maxKeys: number) => {
    const made = await verifier(store, maxKeys);
    verifiers.push(made);
    return made;
  };
  try {
    const url = await postgres.createDatabase();
    const cached = await open(await sqliteStore(file), KEYS);
    const sqlite = await open(await sqliteStore(file), 1);
    const server = await open(await postgresStore(url), 1);
    const theirs = await betterAuthVerifying(file);
    const timings = await compare([
      verifying("cached, admission and all three limits", cached),
      verifying("looked up in SQLite, the same", sqlite),
      verifying("looked up in PostgreSQL, the same", server),
      theirs,
    ]);
    await theirs.close();
    heading(`Verifying ${KEYS} keys in turn, one after the other`);
    for (const { name, ns } of timings) {
      line(
        `${(ns / 1000).toFixed(1).padStart(8)} µs, ${(1e9 / ns).toFixed(0).padStart(8)} a second  ${name}`,
      );
    }
    const [fromCache = 0, fromSqlite = 0, , fromTheirs = 0] = timings.map(({ ns }) => ns);
    return [
      target("cached, times better-auth's verifications", fromTheirs / fromCache, { atLeast: 5 }, "×"),
      target("looked up, times better-auth's", fromTheirs / fromSqlite, { atLeast: 1 }, "×"),
    ];
  } finally {
    for (const { kw } of verifiers) await kw.close();
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
