import {
  createKeyward,
  memoryStore,
  type AdmissionRequest,
  type Keyward,
  type KeywardOptions,
} from "@keyward/core";
import { describe, expect, it } from "vitest";
import { ask, withKey } from "./set-up.ts";

describe("plain HTTP", () => {
  it("from this machine counts as local only if the socket says so too", async () => {
    const { kw, raw } = await withKey({ requireHttps: { allowLoopback: true } });
    const plain = (connection: AdmissionRequest["connection"], ip = "127.0.0.1") =>
      ask(kw, { key: raw, secure: false, ip, connection });
    expect(await plain({ encrypted: false, peer: "::1", trustedProxy: false })).toMatchObject({
      admitted: true,
    });
    expect(await plain({ encrypted: false, peer: "203.0.113.9", trustedProxy: false })).toMatchObject({
      admitted: false,
    });
    expect(await plain({ encrypted: false, peer: "127.0.0.1", trustedProxy: true })).toMatchObject({
      admitted: false,
    });
    // A request without its connection counts as proxied.
    expect(await plain(undefined)).toMatchObject({ admitted: false });
    expect(await plain(undefined, "203.0.113.9")).toMatchObject({ admitted: false });
  });
});

describe("a key that came in clear", () => {
  const kwOptions = { onPlaintextKey: "revoke" } as const;
  const over = (kw: Keyward, key: string, connection: AdmissionRequest["connection"]) =>
    ask(kw, { key, secure: false, connection });
  const socket = { encrypted: false, peer: "203.0.113.7", trustedProxy: false };

  it("is revoked only if the very socket proves it", async () => {
    const { kw, key, raw } = await withKey(kwOptions);
    const proofless = [
      undefined,
      { ...socket, encrypted: true },
      { ...socket, trustedProxy: true },
      { ...socket, peer: "127.0.0.1" },
      { ...socket, peer: "::ffff:127.0.0.1" },
      { ...socket, peer: "" },
    ];
    for (const connection of proofless) {
      expect(await over(kw, raw, connection)).toMatchObject({
        status: 403,
        problem: { code: "https-required" },
      });
      expect((await kw.keys.get(key.id))?.status).toBe("active");
    }
    await over(kw, raw, socket);
    expect((await kw.keys.get(key.id))?.status).toBe("revoked");
    expect((await kw.audit.list({ keyId: key.id })).entries[0]).toMatchObject({ address: "203.0.113.7" });
  });

  it("is refused all the same if the store fails to revoke it, and that is told", async () => {
    const failed: unknown[] = [];
    const store = { ...memoryStore(), change: () => Promise.reject(new Error("down")) };
    const { kw, raw } = await withKey({
      ...kwOptions,
      store,
      events: { "store.failed": (event) => failed.push(event) },
    });
    const decision = await over(kw, raw, socket);
    expect(decision).toMatchObject({ status: 403, problem: { code: "https-required" } });
    expect(!decision.admitted && decision.problem.detail).not.toMatch(/revoked/);
    expect(failed).toEqual([{ during: "revocation", error: new Error("down") }]);
  });
});

describe("onPlaintextKey with a proxy that the application does not know of", () => {
  const connection = { encrypted: false, peer: "203.0.113.7", trustedProxy: false };

  it.each([
    "Forwarded",
    "X-Forwarded-For",
    "X-Forwarded-Proto",
    "X-Forwarded-Host",
    "X-Forwarded-Anything",
    "X-Real-IP",
    "CF-Connecting-IP",
    "Via",
  ])("revokes nothing when %s is present", async (name) => {
    const { kw, key, raw } = await withKey({ onPlaintextKey: "revoke" });
    const headers: Record<string, string> = { "x-api-key": raw, [name.toLowerCase()]: "" };
    const decision = await kw.admit({
      header: (each) => headers[each],
      headerNames: ["X-Api-Key", name],
      secure: false,
      ip: connection.peer,
      connection,
    });
    expect(decision).toMatchObject({ status: 403, problem: { code: "https-required" } });
    expect((await kw.keys.get(key.id))?.status).toBe("active");
  });

  const createKeys = async (kw: Keyward, count: number) => {
    const keys: { id: string; raw: string }[] = [];
    for (let number = 0; number < count; number += 1) {
      const { key, secret } = await kw.keys.create({ name: `key ${number}` });
      keys.push({ id: key.id, raw: secret.reveal() });
    }
    return keys;
  };
  const countRevoked = async (kw: Keyward) => (await kw.keys.list({ status: "revoked" })).keys.length;

  it("stops after three revocations, warns once and says which keys it kept", async () => {
    const kept: string[] = [];
    const events = { "revocation.stopped": ({ keyId }: { keyId: string }) => void kept.push(keyId) };
    const warnings: (Error & { code?: string })[] = [];
    const listener = (warning: Error) => void warnings.push(warning);
    process.on("warning", listener);
    const kw = createKeyward({ onPlaintextKey: "revoke", events });
    const keys = await createKeys(kw, 6);
    // At the same time, as a deployment without its proxy setting gets them.
    await Promise.all(keys.map(({ raw }) => ask(kw, { key: raw, secure: false, connection })));
    expect(await countRevoked(kw)).toBe(3);
    expect(kept).toEqual(keys.slice(3).map(({ id }) => id));
    const raw = keys[5]?.raw as string;
    const decision = await ask(kw, { key: raw, secure: false, connection });
    expect(!decision.admitted && decision.problem.detail).not.toMatch(/revoked/);
    expect(await ask(kw, { key: raw })).toMatchObject({ admitted: true });
    await new Promise((resolve) => setImmediate(resolve));
    process.off("warning", listener);
    expect(warnings.filter(({ code }) => code === "KEYWARD_PLAINTEXT_KEYS")).toHaveLength(1);
  });

  it("stays stopped in other processes and after a restart, until an operator confirms", async () => {
    let now = Date.UTC(2026, 4, 1);
    const store = memoryStore();
    const start = (onPlaintextKey: NonNullable<KeywardOptions["onPlaintextKey"]>) =>
      createKeyward({ secret: "x".repeat(32), store, clock: () => now, onPlaintextKey });
    const [one, other] = [start("revoke"), start("revoke")];
    const keys = await createKeys(one, 10);
    const send = async (kw: Keyward, numbers: readonly number[]) => {
      for (const number of numbers)
        await ask(kw, { key: keys[number]?.raw as string, secure: false, connection });
    };
    await send(one, [0, 1]);
    await send(other, [2, 3]);
    await send(one, [4]);
    expect(await countRevoked(one)).toBe(3);
    now += 3_600_000;
    await send(start("revoke"), [5]);
    // Confirmed, but not the last of them.
    await send(start({ revoke: true, confirmedUntil: new Date(Date.UTC(2026, 3, 30)) }), [5]);
    expect(await countRevoked(one)).toBe(3);
    await send(start({ revoke: true, confirmedUntil: new Date(now) }), [5, 6, 7, 8]);
    expect(await countRevoked(one)).toBe(6);
  });
});

describe("a key in clear that is none to revoke", () => {
  const socket = { encrypted: false, peer: "203.0.113.7", trustedProxy: false };
  const plain = (kw: Keyward, key: string | undefined) =>
    ask(kw, { ...(key !== undefined && { key }), secure: false, connection: socket });

  it("is refused as any other request over plain HTTP, and nothing is revoked or written", async () => {
    let now = Date.UTC(2026, 4, 1);
    const { kw, raw } = await withKey({ onPlaintextKey: "revoke", clock: () => now });
    const expiring = await kw.keys.create({ name: "short", expiresAt: new Date(now + 1000) });
    now += 1000;
    const forged = `${raw.slice(0, -8)}aaaaaaaa`;
    const unknown = (await createKeyward({ secret: "x".repeat(32) }).keys.create({ name: "else" })).secret;
    const details = new Set<string>();
    for (const key of [undefined, "", "nonsense", forged, unknown.reveal(), expiring.secret.reveal()]) {
      const decision = await plain(kw, key);
      expect(decision).toMatchObject({ status: 403, problem: { code: "https-required" } });
      if (!decision.admitted) details.add(decision.problem.detail);
    }
    expect(details.size).toBe(1);
    expect((await kw.audit.list()).entries.map(({ action }) => action)).toEqual([
      "key.created",
      "key.created",
    ]);
    // One that lives is told that it no longer does.
    const revoked = await plain(kw, raw);
    expect(!revoked.admitted && revoked.problem.detail).toMatch(/and was revoked/);
    expect(await plain(kw, raw)).toMatchObject({ problem: { detail: [...details][0] } });
  });
});
