import { readFileSync } from "node:fs";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { ChangeFeed, Limiter, Limits } from "../../src/index.ts";
import { redisChanges, redisLimiter } from "../../src/redis/index.ts";
import { singleClients } from "./clients.ts";
import { redisForTests } from "./server.ts";

const LIMITS: Limits = { rate: 200, burst: 500, daily: 2000 };

/** The permissions that the documentation gives. */
const page = readFileSync(new URL("../../ERRORS.md", import.meta.url), "utf8");
const documented = /^ACL SETUSER (keyward .*)$/m.exec(page)?.[1]?.split(" ") ?? [];

const redis = redisForTests();
const opened: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).toReversed()) await close();
});

function catchWarnings() {
  const emitted = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
  opened.push(() => emitted.mockRestore());
  return () => emitted.mock.calls.map(([, options]) => (options as { code: string }).code);
}

interface Process {
  readonly limiter: Limiter;
  readonly changes: ChangeFeed;
}

describe.each(Object.entries(singleClients))("a Redis user, with %s,", (_name, connect) => {
  /** The limiters and change feeds of two processes with one user. */
  async function processesOf(user: string) {
    const clients = await Promise.all(
      [1, 2].map(() => connect(redis.server.url.replace("//", `//${user}:password@`))),
    );
    const processes = clients.map(({ client, close }) => {
      const limiter = redisLimiter({ client, timeoutMs: 5000, onUnavailable: "local" });
      const changes = redisChanges({ client });
      opened.push(
        close,
        () => limiter.close(),
        () => changes.close(),
      );
      return { limiter, changes };
    });
    return processes as [Process, Process];
  }

  it("that may use no channel is warned of once; the subscription begins when the channel is allowed", async () => {
    const warnings = catchWarnings();
    await redis.client.call("ACL", "SETUSER", "app", "reset", "on", ">password", "~*", "+@all");
    const [one, other] = await processesOf("app");
    const received: unknown[] = [];
    opened.push(other.changes.watch((change) => received.push(change)));
    expect((await one.limiter.consume("a", LIMITS, 1)).allowed).toBe(true);
    for (const keyId of ["key_1", "key_2"]) one.changes.publish({ keyIds: [keyId] });
    // One of each process: the first may not publish, the other may not subscribe.
    await expect
      .poll(warnings, { timeout: 3000 })
      .toEqual(["KEYWARD_REDIS_CHANNEL", "KEYWARD_REDIS_CHANNEL"]);
    received.length = 0;
    await redis.client.call("ACL", "SETUSER", "app", "&keyward:changes");
    await expect.poll(() => received.length, { timeout: 8000 }).toBeGreaterThan(0);
    one.changes.publish({ keyIds: ["key_3"] });
    await expect.poll(() => received, { timeout: 3000 }).toContainEqual({ keyIds: ["key_3"] });
    expect(warnings()).toHaveLength(2);
  });

  it("with only the permissions in the documentation lacks none", async () => {
    const warnings = catchWarnings();
    await redis.client.call("ACL", "DELUSER", "keyward");
    await redis.client.call("ACL", "SETUSER", ...documented);
    await redis.client.call("ACL", "LOG", "RESET");
    const [one, other] = await processesOf("keyward");
    const received: unknown[] = [];
    opened.push(other.changes.watch((change) => received.push(change)));
    await one.limiter.consume("a", LIMITS, 1);
    const charged = await one.limiter.consume("a", LIMITS, 3);
    expect(charged.remaining["burst"]).toBe(496);
    await one.limiter.correct?.([{ subject: "a", limits: LIMITS, cost: -1, charged }]);
    await one.limiter.reset("a");
    expect((await other.limiter.peek("a", LIMITS)).remaining["burst"]).toBe(500);
    await expect.poll(() => received.length, { timeout: 3000 }).toBeGreaterThan(0);
    one.changes.publish({ keyIds: ["key_1"] });
    await expect.poll(() => received, { timeout: 3000 }).toContainEqual({ keyIds: ["key_1"] });
    expect(warnings()).toEqual([]);
    const denied = (await redis.client.call("ACL", "LOG")) as unknown[][];
    // node-redis sends its name and version, which Redis does not need.
    expect(denied.map((entry) => entry[5]).filter((command) => command !== "client|setinfo")).toEqual([]);
  });
});
