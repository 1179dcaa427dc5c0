import { readFileSync } from "node:fs";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Limiter, Limits } from "../../src/index.ts";
import { redisLimiter } from "../../src/redis/index.ts";
import { singleClients } from "./clients.ts";
import { redisForTests } from "./server.ts";

const LIMITS: Limits = { rate: 200, burst: 500, daily: 2000 };

/** The permissions that the documentation gives. */
const page = readFileSync(new URL("../../errors/KEYWARD_REDIS_CHANNEL.md", import.meta.url), "utf8");
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

describe.each(Object.entries(singleClients))("a Redis user, with %s,", (_name, connect) => {
  /** Two limiters of one user, as in two processes. */
  async function limitersOf(user: string) {
    const clients = await Promise.all(
      [1, 2].map(() => connect(redis.server.url.replace("//", `//${user}:password@`))),
    );
    const limiters = clients.map(({ client, close }) => {
      const limiter = redisLimiter({ client, timeoutMs: 5000, onUnavailable: "refuse" });
      opened.push(close, () => limiter.close());
      return limiter;
    });
    return limiters as [Limiter, Limiter];
  }

  it("who may use no channel is warned of once; the subscription begins when it is allowed", async () => {
    const warnings = catchWarnings();
    await redis.client.call("ACL", "SETUSER", "app", "reset", "on", ">password", "~*", "+@all");
    const [one, other] = await limitersOf("app");
    const changed: unknown[] = [];
    opened.push(other.changes?.watch((keyId) => changed.push(keyId)) ?? (() => {}));
    expect((await one.consume("a", LIMITS, 1)).allowed).toBe(true);
    for (const keyId of ["key_1", "key_2"]) one.changes?.publish(keyId);
    // One of each limiter: the first may not publish, the other may not subscribe.
    await expect
      .poll(warnings, { timeout: 3000 })
      .toEqual(["KEYWARD_REDIS_CHANNEL", "KEYWARD_REDIS_CHANNEL"]);
    changed.length = 0;
    await redis.client.call("ACL", "SETUSER", "app", "&keyward:changes");
    await expect.poll(() => changed.length, { timeout: 8000 }).toBeGreaterThan(0);
    one.changes?.publish("key_3");
    await expect.poll(() => changed, { timeout: 3000 }).toContain("key_3");
    expect(warnings()).toHaveLength(2);
  });

  it("who has the permissions of the documentation, and no other, lacks none", async () => {
    const warnings = catchWarnings();
    await redis.client.call("ACL", "DELUSER", "keyward");
    await redis.client.call("ACL", "SETUSER", ...documented);
    await redis.client.call("ACL", "LOG", "RESET");
    const [one, other] = await limitersOf("keyward");
    const changed: unknown[] = [];
    opened.push(other.changes?.watch((keyId) => changed.push(keyId)) ?? (() => {}));
    expect((await one.consume("a", LIMITS, 3)).remaining.burst).toBe(497);
    await one.giveBack?.("a", LIMITS, 1, Date.now());
    await one.reset("a");
    expect((await other.peek("a", LIMITS)).remaining.burst).toBe(500);
    await expect.poll(() => changed.length, { timeout: 3000 }).toBeGreaterThan(0);
    one.changes?.publish("key_1");
    await expect.poll(() => changed, { timeout: 3000 }).toContain("key_1");
    expect(warnings()).toEqual([]);
    const denied = (await redis.client.call("ACL", "LOG")) as unknown[][];
    // node-redis tells its name and version, which Redis need not know.
    expect(denied.map((entry) => entry[5]).filter((command) => command !== "client|setinfo")).toEqual([]);
  });
});
