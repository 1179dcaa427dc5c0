import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { createKeyward, type AuditEvent, type Keyward } from "@keyward/core";
import { openStore } from "@keyward/sql";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DATABASES, type TestDatabase } from "./databases.ts";

const PROCESSES = 8;
const ACTS = 10_000;
const WORKER = fileURLToPath(new URL("fixtures/mixed-operations.mjs", import.meta.url));

/** An operation of a process, on a clock that all processes share, in microseconds. */
interface Act {
  readonly what: "create" | "update" | "revoke" | "replace" | "rotate" | "admit";
  readonly keyId: string;
  readonly startedAt: number;
  readonly endedAt: number;
  /** `done`, an error's code, or what came of a request. */
  readonly outcome: string;
  readonly createdKey?: { readonly keyId: string; readonly raw: string };
}

async function work(url: string): Promise<Act[]> {
  const child = fork(WORKER, [url, String(ACTS / PROCESSES)]);
  const ended = once(child, "exit");
  // It may be seen to have ended before what it sent is read; what is left of that comes before it disconnects.
  const gone = once(child, "disconnect").then(() => [[]]);
  const [log] = (await Promise.race([once(child, "message"), gone])) as [Act[]];
  await ended;
  return log;
}

async function wholeTrail(kw: Keyward): Promise<AuditEvent[]> {
  const trail: AuditEvent[] = [];
  for (let cursor: string | undefined; ;) {
    const page = await kw.audit.list({ limit: 1000, ...(cursor !== undefined && { cursor }) });
    trail.push(...page.events);
    cursor = page.nextCursor;
    if (cursor === undefined) return trail;
  }
}

function countBy<T>(list: readonly T[], name: (item: T) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const item of list) counts[name(item)] = (counts[name(item)] ?? 0) + 1;
  return counts;
}

describe.each(Object.keys(DATABASES))("ten thousand mixed acts of eight processes on %s", (name) => {
  let database: TestDatabase;
  let kw: Keyward;
  let log: Act[];
  let trail: AuditEvent[];

  beforeAll(async () => {
    database = await (DATABASES[name] as () => Promise<TestDatabase>)();
    const url = await database.create();
    kw = createKeyward({ secret: "a secret for tests, and for nothing else", store: await openStore(url) });
    log = (await Promise.all(Array.from({ length: PROCESSES }, () => work(url)))).flat();
    trail = await wholeTrail(kw);
  }, 180_000);
  afterAll(async () => {
    await kw.close();
    await database.stop();
  });

  const done = () => log.filter(({ outcome }) => outcome === "done");
  const createdKey = () => log.flatMap((act) => (act.createdKey === undefined ? [] : [act.createdKey]));

  it("all succeed, or fail because another process changed the key", () => {
    expect(log.length).toBeGreaterThan(ACTS * 0.95);
    const outcomes = new Set(log.filter(({ what }) => what !== "admit").map(({ outcome }) => outcome));
    // Only a key that others change in each of several attempts.
    const conflicts = log.filter(({ outcome }) => outcome === "key-changed");
    expect(conflicts.filter(({ what }) => what !== "rotate" && what !== "replace")).toEqual([]);
    outcomes.delete("key-changed");
    expect([...outcomes].toSorted()).toEqual(["done", "key-conflict", "key-revoked"]);
    expect(new Set(log.filter(({ what }) => what === "admit").map(({ outcome }) => outcome))).toEqual(
      new Set(["admitted", "revoked-api-key"]),
    );
  });

  it("lose no key: each that was shown is there, and works unless it was revoked", async () => {
    const revoked = new Set(
      done()
        .filter(({ what }) => what === "revoke" || what === "replace")
        .map(({ keyId }) => keyId),
    );
    expect(createdKey().length).toBeGreaterThan(1000);
    const wrong: string[] = [];
    const check = async ({ keyId, raw }: { keyId: string; raw: string }) => {
      const decision = await kw.admit({ header: () => raw, secure: true, ip: "203.0.113.1", cost: 0 });
      const code = decision.admitted ? "admitted" : decision.problem.code;
      if (code !== (revoked.has(keyId) ? "revoked-api-key" : "admitted")) wrong.push(`${keyId}: ${code}`);
    };
    const left = createdKey();
    while (left.length > 0) await Promise.all(left.splice(0, 20).map(check));
    expect(wrong).toEqual([]);
  });

  it("revive no key: none is admitted that was revoked before the request began", () => {
    const revokedAt = new Map<string, number>();
    for (const { what, keyId, endedAt } of done()) {
      if (what !== "revoke" && what !== "replace") continue;
      revokedAt.set(keyId, Math.min(endedAt, revokedAt.get(keyId) ?? Number.POSITIVE_INFINITY));
    }
    const revived = log.filter(
      ({ keyId, what, outcome, startedAt }) =>
        ((what === "admit" && outcome === "admitted") ||
          (what !== "admit" && what !== "revoke" && outcome === "done")) &&
        startedAt > (revokedAt.get(keyId) ?? Number.POSITIVE_INFINITY),
    );
    expect(revived).toEqual([]);
  });

  it("replace no key twice", () => {
    const replaced = done().filter(({ what }) => what === "replace" || what === "rotate");
    const times = Object.values(countBy(replaced, ({ keyId }) => keyId));
    expect(times.length).toBeGreaterThan(100);
    expect(Math.max(...times)).toBe(1);
  });

  it("leave an entry in the audit trail for each act, and none for what was not done", () => {
    // Revoking a revoked key changes nothing and is not an error.
    const acts = done().filter(({ what }) => what !== "revoke");
    const wanted = acts.map(({ what, keyId }) => `key.${what === "replace" ? "rotate" : what}d ${keyId}`);
    const successors = acts.flatMap(({ what, createdKey: made }) =>
      what !== "create" && made !== undefined ? [`key.created ${made.keyId}`] : [],
    );
    const found = trail
      .filter(({ action }) => action !== "key.revoked")
      .map(({ action, keyId }) => `${action} ${keyId}`);
    expect(found.toSorted()).toEqual([...wanted, ...successors].toSorted());
    const revocations = trail.filter(({ action }) => action === "key.revoked").map(({ keyId }) => keyId);
    expect(new Set(revocations).size).toBe(revocations.length);
    const revokes = done()
      .filter(({ what }) => what === "revoke")
      .map(({ keyId }) => keyId);
    const replaced = new Set(acts.filter(({ what }) => what === "replace").map(({ keyId }) => keyId));
    expect(new Set(revocations)).toEqual(new Set(revokes.filter((keyId) => !replaced.has(keyId))));
  });
});
