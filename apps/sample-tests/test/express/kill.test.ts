import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { SampleServer } from "../../src/index.ts";
import { expect, it } from "vitest";

const KILLS = 25;
const SECRET = "the secret of a server that is killed, again and again";

/**
 * The sample server is killed at random moments while keys are created and revoked in its process.
 * Everything it reported before it was killed must hold after a restart.
 */
/** Returns the exit code of the last server. */
async function killRepeatedly() {
  const server = new SampleServer(
    fileURLToPath(new URL("../../../express-api/dist/main.js", import.meta.url)),
  );
  const script = fileURLToPath(new URL("fixtures/busy-server.mjs", import.meta.url));
  const env = { KEYWARD_SECRET: SECRET, KEYWARD_STORE: `sqlite:${join(server.folder, "keyward.db")}` };

  const alive = new Set<string>();
  const revoked = new Set<string>();
  let unclear = 0;
  for (let kill = 0; kill < KILLS; kill += 1) {
    server.output.length = 0;
    await server.start(env, script);
    // At a random moment after a random number of keys: on a busy machine it takes longer to come to them.
    const keys = Math.floor(Math.random() * 12);
    const giveUpAt = performance.now() + 5000;
    while (server.output.filter((line) => line.startsWith("shown ")).length < keys) {
      if (performance.now() > giveUpAt) break;
      await sleep(1);
    }
    await sleep(Math.random() * 20);
    expect(await server.stop("SIGKILL")).toBe("SIGKILL");
    for (const line of server.output) {
      const [what = "", key = ""] = line.split(" ");
      if (what === "shown") alive.add(key);
      // Between the request and its confirmation a revocation may or may not have happened.
      if (what === "revoking") unclear += alive.delete(key) ? 1 : 0;
      if (what === "revoked") revoked.add(key);
    }
  }

  await server.start(env);
  expect(alive.size).toBeGreaterThan(KILLS);
  expect(revoked.size).toBeGreaterThan(KILLS / 2);
  expect(unclear - revoked.size).toBeLessThanOrEqual(KILLS);
  for (const key of alive) expect((await server.ask("/v1/hello", key)).status).toBe(200);
  for (const key of revoked) {
    expect(await server.ask("/v1/hello", key)).toMatchObject({
      status: 401,
      body: { code: "revoked-api-key" },
    });
  }
  return server.stop("SIGTERM");
}

it(`loses no shown key and revives no revoked one, two servers killed ${KILLS} times each`, async () => {
  expect(await Promise.all([killRepeatedly(), killRepeatedly()])).toEqual([0, 0]);
}, 300_000);
