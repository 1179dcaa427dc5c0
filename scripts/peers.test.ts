import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, inject, it } from "vitest";
import { startPostgres, startRedis } from "../packages/test-servers/src/index.ts";
import { archivesOf, installPacked } from "./install-packed.mjs";
import { root } from "./published-packages.mjs";

const work = mkdtempSync(join(tmpdir(), "keyward-peers-"));

const packed = inject("packed");
afterAll(() => rmSync(work, { recursive: true, force: true }));

/** The lowest version of a range: 4.18.0 of `^4.18.0 || ^5.0.0`. */
const lowestOf = (range: string) => /\d+\.\d+\.\d+/.exec(range)?.[0] ?? range;
/** The last part of a range, of which the newest version is installed: `^5.0.0`. */
const highestOf = (range: string) => range.split("||").at(-1)?.trim() ?? range;

/** The frameworks' own parts, in the version of what they belong to. */
const COMPANIONS = { "@nestjs/platform-express": "@nestjs/core", rxjs: "^7.8.0" } as const;

function dependencies(pick: (range: string) => string): Record<string, string> {
  const peers = Object.fromEntries(
    packed
      .flatMap(({ manifest }) => Object.entries(manifest.peerDependencies ?? {}))
      .filter(([name]) => !name.startsWith("@keyward/"))
      .map(([name, range]) => [name, pick(range)]),
  );
  for (const [name, version] of Object.entries(COMPANIONS)) peers[name] = peers[version] ?? version;
  return peers;
}

describe("the versions that packages say they work with", { timeout: 240_000 }, () => {
  it.each([
    ["the lowest", lowestOf],
    ["the newest", highestOf],
  ])("do: %s of each", async (name, pick) => {
    const cwd = join(work, name.replace(" ", "-"));
    mkdirSync(cwd);
    const archives = archivesOf(packed);
    const wanted = { ...dependencies(pick), ...archives };
    writeFileSync(
      join(cwd, "package.json"),
      JSON.stringify({ private: true, type: "module", dependencies: wanted }),
    );
    copyFileSync(join(root, "scripts/peers/main.mjs"), join(cwd, "main.mjs"));
    installPacked(cwd, archives, { "@nestjs/core": false, "@scarf/scarf": false });

    const [redis, postgres] = await Promise.all([startRedis(), startPostgres()]);
    try {
      const text = execFileSync(process.execPath, ["--no-warnings", "main.mjs"], {
        cwd,
        encoding: "utf8",
        env: { ...process.env, REDIS_URL: redis.url, POSTGRES_URL: await postgres.createDatabase() },
      });
      expect(JSON.parse(text)).toEqual({
        ...Object.fromEntries(
          ["express", "koa", "fastify", "hono", "nest"].map((each) => [each, "200 peer true 401"]),
        ),
        swagger: "api-key",
        ioredis: "admitted rate-limit-exceeded 1500",
        redis: "admitted rate-limit-exceeded 1500",
        pg: "revoked",
      });
    } finally {
      await Promise.all([redis.stop(), postgres.stop()]);
    }
  });
});
