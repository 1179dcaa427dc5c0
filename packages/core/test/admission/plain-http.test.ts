import { createKeyward, memoryStore, type AdmissionRequest, type Keyward } from "@keyward/core";
import { describe, expect, it } from "vitest";
import { ask, withKey } from "./set-up.ts";

describe("plain HTTP", () => {
  it("from this machine counts as local only if the socket says so too", async () => {
    const { kw, raw } = await withKey({ requireHttps: { allowLoopback: true } });
    const plain = (connection: AdmissionRequest["connection"], ip = "127.0.0.1") =>
      ask(kw, { key: raw, secure: false, ip, connection });
    expect(await plain(undefined)).toMatchObject({ admitted: true });
    expect(await plain({ encrypted: false, peer: "::1", trustedProxy: false })).toMatchObject({
      admitted: true,
    });
    expect(await plain({ encrypted: false, peer: "203.0.113.9", trustedProxy: false })).toMatchObject({
      admitted: false,
    });
    expect(await plain({ encrypted: false, peer: "127.0.0.1", trustedProxy: true })).toMatchObject({
      admitted: false,
    });
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
