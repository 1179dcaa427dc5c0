import { createKeyward, memoryStore } from "@keyward/core";
import type { SessionRecord } from "@keyward/core/store";
import { describe, expect, it, onTestFinished } from "vitest";

const HOUR_MS = 3_600_000;
const INPUT = { actor: "jane@example.com", lifetimeMs: 12 * HOUR_MS, idleMs: HOUR_MS };

function setUp() {
  let now = Date.UTC(2025, 5, 15, 12);
  const records: SessionRecord[] = [];
  const memory = memoryStore();
  const store = {
    ...memory,
    insertSession: (...[session, event]: Parameters<typeof memory.insertSession>) => {
      records.push(session);
      return memory.insertSession(session, event);
    },
  };
  const kw = createKeyward({ store, clock: () => now });
  onTestFinished(() => kw.close());
  return { kw, store, records, advance: (ms: number) => void (now += ms) };
}

describe("kw.sessions", () => {
  it("starts a session that is found by its token, of which the store has only a digest", async () => {
    const { kw, records } = setUp();
    const { session, token } = await kw.sessions.start({ ...INPUT, address: "::ffff:203.0.113.1" });
    expect(session).toMatchObject({ actor: "jane@example.com", address: "203.0.113.1" });
    expect(session.endsAt.getTime() - session.signedInAt.getTime()).toBe(HOUR_MS);
    expect(await kw.sessions.find(token)).toEqual(session);
    expect(JSON.stringify(records)).not.toContain(token);
    for (const wrong of ["", `${token}x`, token.slice(1), records[0]?.digest ?? "", null as never]) {
      expect(await kw.sessions.find(wrong)).toBeUndefined();
    }
  });

  it("finds a session only with the credential of its sign-in", async () => {
    const { kw, records } = setUp();
    const { token } = await kw.sessions.start({ ...INPUT, credential: "hunter2" });
    expect(await kw.sessions.find(token, { credential: "hunter2" })).toBeDefined();
    expect(await kw.sessions.find(token, { credential: "hunter3" })).toBeUndefined();
    expect(await kw.sessions.find(token)).toBeUndefined();
    expect(JSON.stringify(records)).not.toContain("hunter2");
  });

  it("extends a session that is used, up to its longest lifetime", async () => {
    const { kw, advance } = setUp();
    const { token } = await kw.sessions.start({ ...INPUT, lifetimeMs: 2 * HOUR_MS });
    advance(HOUR_MS / 2);
    await kw.sessions.find(token, { extend: true });
    advance(HOUR_MS / 2);
    expect(await kw.sessions.find(token)).toBeDefined();
    await kw.sessions.find(token, { extend: true });
    advance(HOUR_MS - 1);
    const [listed] = await kw.sessions.list();
    expect(listed?.endsAt).toEqual((await kw.sessions.find(token, { extend: true }))?.endsAt);
    advance(1);
    expect(await kw.sessions.find(token)).toBeUndefined();
    expect(await kw.sessions.list()).toEqual([]);
  });

  it("ends a session once, with an audit event", async () => {
    const { kw } = setUp();
    const { session, token } = await kw.sessions.start(INPUT);
    expect(await kw.sessions.end(session.id, { actor: "joe@example.com" })).toBe(true);
    expect(await kw.sessions.end(session.id)).toBe(false);
    expect(await kw.sessions.end("not an id")).toBe(false);
    expect(await kw.sessions.find(token)).toBeUndefined();
    expect((await kw.audit.list()).events).toMatchObject([
      { action: "session.ended", actor: "joe@example.com", details: { sessionId: session.id } },
      { action: "session.started", actor: "jane@example.com", details: { sessionId: session.id } },
    ]);
  });

  it.each([
    [{ ...INPUT, actor: "" }, /actor must be/],
    [{ ...INPUT, idleMs: 0 }, /idleMs must be a whole number from 1; got 0/],
    [{ ...INPUT, lifetimeMs: Number.NaN }, /lifetimeMs must be/],
    [{ ...INPUT, password: "x" }, /unknown field "password"/],
  ])("rejects a session with a mistake: %o", async (input, message) => {
    await expect(setUp().kw.sessions.start(input as never)).rejects.toThrow(message);
  });

  it("is reached only by principals that may do everything", async () => {
    const { kw } = setUp();
    const { session } = await kw.sessions.start(INPUT);
    const operator = kw.as({ actor: "op", may: "everything" });
    expect(await operator.sessions.list()).toEqual([session]);
    for (const principal of [
      { actor: "viewer", may: "view" },
      { actor: "acme", ownerId: "acme" },
      { actor: "helper", may: { reset: true, owners: true, revoke: true } },
    ] as const) {
      const access = kw.as(principal);
      await expect(access.sessions.list()).rejects.toMatchObject({ code: "not-permitted" });
      await expect(access.sessions.end(session.id)).rejects.toMatchObject({ code: "not-permitted" });
    }
    expect(await operator.sessions.end(session.id)).toBe(true);
    expect((await kw.audit.list()).events[0]).toMatchObject({ action: "session.ended", actor: "op" });
  });
});

describe("kw.deriveKey", () => {
  it("derives one key per purpose and secret", () => {
    const [one, other] = ["one", "other"].map((name) =>
      createKeyward({ secret: `the ${name} secret of at least 32 bytes` }),
    );
    const key = one?.deriveKey("cookies") ?? "";
    expect(Buffer.from(key, "base64url")).toHaveLength(32);
    expect(one?.deriveKey("cookies")).toBe(key);
    expect(one?.deriveKey("cookie")).not.toBe(key);
    expect(other?.deriveKey("cookies")).not.toBe(key);
    expect(() => one?.deriveKey("")).toThrow(/purpose must be/);
  });
});
