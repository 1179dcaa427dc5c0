import {
  createKeyward,
  memoryStore,
  type AdmissionRequest,
  type Keyward,
  type KeywardOptions,
} from "@keyward/core";
import { describe, expect, it } from "vitest";
import { ask, withKey } from "./set-up.ts";
import { OTHER_SECRET, SECRET } from "../secrets.ts";

describe("plain HTTP from this machine", () => {
  it("is accepted only if the socket proves it", async () => {
    const { kw, raw } = await withKey({ requireHttps: { allowLoopback: true } });
    const plain = (connection: AdmissionRequest["connection"], ip = "127.0.0.1") =>
      ask(kw, { key: raw, secure: false, ip, connection });
    expect(await plain({ encrypted: false, peer: "::1", trustedProxy: false })).toMatchObject({
      admitted: true,
    });
    // Without the connection, it is unknown whether a proxy on this machine forwards for others.
    const refused = { admitted: false, problem: { code: "https-required" } };
    expect(await plain(undefined)).toMatchObject(refused);
    expect(await plain({ encrypted: false, peer: "203.0.113.9", trustedProxy: false })).toMatchObject(
      refused,
    );
    expect(await plain({ encrypted: false, peer: "127.0.0.1", trustedProxy: true })).toMatchObject(refused);
    expect(
      await plain({ encrypted: false, peer: "127.0.0.1", trustedProxy: false }, "203.0.113.9"),
    ).toMatchObject(refused);
  });
});

describe("a key sent over plain HTTP", () => {
  const kwOptions = { onPlaintextKey: "revoke" } as const;
  const over = (kw: Keyward, key: string, connection: AdmissionRequest["connection"]) =>
    ask(kw, { key, secure: false, connection });
  const socket = { encrypted: false, peer: "203.0.113.7", trustedProxy: false };

  it("is revoked only if the socket proves it", async () => {
    const { kw, key, raw } = await withKey(kwOptions);
    const unproven = [
      undefined,
      { ...socket, encrypted: true },
      { ...socket, trustedProxy: true },
      { ...socket, peer: "127.0.0.1" },
      { ...socket, peer: "::ffff:127.0.0.1" },
      { ...socket, peer: "" },
    ];
    for (const connection of unproven) {
      expect(await over(kw, raw, connection)).toMatchObject({
        status: 403,
        problem: { code: "https-required" },
      });
      expect((await kw.keys.get(key.id))?.status).toBe("active");
    }
    await over(kw, raw, socket);
    expect((await kw.keys.get(key.id))?.status).toBe("revoked");
    expect((await kw.audit.list({ keyId: key.id })).events[0]).toMatchObject({
      action: "key.revoked",
      actor: "keyward: sent over plain HTTP",
      address: "203.0.113.7",
    });
  });

  it("is refused even if the store fails to revoke it, and the failure is reported", async () => {
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

  it("is refused like any request over plain HTTP if it is forged, unknown or not active", async () => {
    let now = Date.UTC(2026, 4, 1);
    const { kw, raw } = await withKey({ ...kwOptions, clock: () => now });
    const expiring = await kw.keys.create({ name: "short", expiresAt: new Date(now + 1000) });
    const paused = await kw.keys.create({ name: "paused" });
    await kw.keys.pause(paused.key.id);
    now += 1000;
    const plain = (key: string | undefined) => ask(kw, { key, secure: false, connection: socket });
    const forged = `${raw.slice(0, -8)}aaaaaaaa`;
    const unknown = (await createKeyward({ secret: OTHER_SECRET }).keys.create({ name: "else" })).secret;
    const details = new Set<string>();
    const keys = [undefined, "", "nonsense", forged, unknown.reveal(), expiring.secret.reveal()];
    for (const key of [...keys, paused.secret.reveal()]) {
      const decision = await plain(key);
      expect(decision).toMatchObject({ status: 403, problem: { code: "https-required" } });
      if (!decision.admitted) details.add(decision.problem.detail);
    }
    expect([...details]).toEqual([
      "This API requires HTTPS. If your key was sent over plain HTTP, others may have read it: rotate it.",
    ]);
    expect((await kw.audit.list()).events.map(({ action }) => action)).toEqual([
      "key.paused",
      "key.created",
      "key.created",
      "key.created",
    ]);
    // The owner of an active key learns that it was revoked.
    const revoked = await plain(raw);
    expect(!revoked.admitted && revoked.problem.detail).toBe(
      "This API requires HTTPS. Your key was sent over plain HTTP, where others may have read it, and was revoked.",
    );
    expect(await plain(raw)).toMatchObject({ problem: { detail: [...details][0] } });
  });
});

describe("onPlaintextKey behind a proxy that is not configured", () => {
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
  ])("revokes no key when %s is present", async (name) => {
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

  it("stops after three revocations, warns once, and reports the keys that it kept", async () => {
    const kept: string[] = [];
    const events = { "revocation.stopped": ({ keyId }: { keyId: string }) => void kept.push(keyId) };
    const warnings: (Error & { code?: string })[] = [];
    const listener = (warning: Error) => void warnings.push(warning);
    process.on("warning", listener);
    const kw = createKeyward({ onPlaintextKey: "revoke", events });
    const keys = await createKeys(kw, 6);
    // At the same time, as in a deployment without its proxy setting.
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
      createKeyward({ secret: SECRET, store, clock: () => now, onPlaintextKey });
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
    // The last revocations are not confirmed.
    await send(start({ revoke: true, confirmedUntil: new Date(Date.UTC(2026, 3, 30)) }), [5]);
    expect(await countRevoked(one)).toBe(3);
    await send(start({ revoke: true, confirmedUntil: new Date(now) }), [5, 6, 7, 8]);
    expect(await countRevoked(one)).toBe(6);
  });
});
