import { createHash, generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import {
  createKeyward,
  leakReceiver,
  memoryStore,
  type KeywardListener,
  type KeywardOptions,
  type LeakReceiver,
  type LeakReceiverOptions,
} from "@keyward/core";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { OTHER_SECRET, SECRET } from "../secrets.ts";

const URL_OF_LEAK = "https://github.com/acme/app/blob/4f2c/config.ts";
const TYPE = "acme_api_key";
const HOUR_MS = 3_600_000;

function newSigningKey(name: string) {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const pem = publicKey.export({ type: "spki", format: "pem" }).toString();
  return { id: createHash("sha256").update(name).digest("hex"), privateKey, pem };
}

const [GITHUB, NEXT, STRANGER] = ["one", "two", "three"].map(newSigningKey) as [Signer, Signer, Signer];

interface Signer {
  readonly id: string;
  readonly privateKey: KeyObject;
  readonly pem: string;
}

interface Setup {
  readonly keyward?: KeywardOptions;
  readonly receiver?: Partial<LeakReceiverOptions>;
}

/** A receiver, and GitHub: a list of public keys that the test changes, and reports that it signs. */
function setUp({ keyward, receiver: options }: Setup = {}) {
  let now = Date.UTC(2025, 5, 15, 12);
  const published = [GITHUB];
  const github = { isDown: false, requests: 0 };
  const kw = createKeyward({ secret: SECRET, clock: () => now, ...keyward });
  onTestFinished(() => kw.close());
  async function fetch(address: unknown): Promise<Response> {
    expect(address).toBe("https://api.github.com/meta/public_keys/secret_scanning");
    github.requests += 1;
    if (github.isDown) throw new TypeError("fetch failed");
    const keys = published.map(({ id, pem }) => ({ key_identifier: id, key: pem, is_current: true }));
    return Response.json({ public_keys: keys });
  }
  const receiver = leakReceiver(kw, { source: "github", fetch, clock: () => now, ...options });
  async function send(body: string, signer: Signer = GITHUB, signedBody = body) {
    const response = await receiver(reportRequest(body, signer, signedBody));
    return { status: response.status, json: await response.json() };
  }
  const report = (...matches: readonly object[]) => send(JSON.stringify(matches));
  return { kw, receiver, published, github, send, report, advance: (ms: number) => void (now += ms) };
}

function signatureOf(body: string, { id, privateKey }: Signer) {
  return {
    "github-public-key-identifier": id,
    "github-public-key-signature": sign("sha256", Buffer.from(body), privateKey).toString("base64"),
  };
}

function reportRequest(body: string, signer: Signer, signedBody = body): Request {
  const headers = { "content-type": "application/json", ...signatureOf(signedBody, signer) };
  return new Request("https://api.example.com/leaks", { method: "POST", headers, body });
}

function match(token: string, more: object = {}) {
  return { token, type: TYPE, url: URL_OF_LEAK, source: "commit", ...more };
}

describe("leakReceiver", () => {
  it("revokes a leaked key, records where it was found, and labels it without repeating it", async () => {
    const leaked = vi.fn<KeywardListener<"key.leaked">>();
    const { kw, report } = setUp({ keyward: { events: { "key.leaked": leaked } } });
    const { key, secret } = await kw.keys.create({ name: "ci", ownerId: "acme" });
    const token = secret.reveal();
    const answer = await report(match(token, { url: `${URL_OF_LEAK}?key=${token}` }));
    const hash = createHash("sha256").update(token).digest("hex");
    expect(answer).toEqual({
      status: 200,
      json: [{ token_hash: hash, token_type: TYPE, label: "true_positive" }],
    });
    expect((await kw.keys.get(key.id))?.status).toBe("revoked");
    const { events } = await kw.audit.list({ keyId: key.id });
    expect(events).toMatchObject([
      {
        action: "key.leaked",
        ownerId: "acme",
        actor: "GitHub secret scanning",
        details: {
          source: "github",
          location: "commit",
          action: "revoke",
          url: `${URL_OF_LEAK}?key=${key.masked}`.replaceAll(/[^\x21-\x7e]/g, ""),
        },
      },
      { action: "key.revoked", actor: "GitHub secret scanning" },
      { action: "key.created" },
    ]);
    expect(JSON.stringify(events)).not.toContain(token);
    expect(leaked).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ source: "github" }));
  });

  it("labels false positives by the checksum, and keys that the store does not have as genuine", async () => {
    const store = memoryStore();
    const { kw, report } = setUp({ keyward: { store } });
    const other = createKeyward({ secret: OTHER_SECRET });
    const same = createKeyward({ secret: SECRET });
    const foreign = (await other.keys.create({ name: "other" })).secret.reveal();
    const elsewhere = (await same.keys.create({ name: "same secret, another store" })).secret.reveal();
    const { json } = await report(
      match(foreign),
      match(elsewhere),
      match("prod_0Qc3ZkT1-x8Lm-0RaB-1a234b56"),
      match("x".repeat(10_000)),
      match("", { url: "", source: "" }),
    );
    expect(json).toMatchObject([
      { label: "false_positive" },
      { label: "true_positive" },
      { label: "false_positive" },
      { label: "false_positive" },
      { label: "false_positive" },
    ]);
    expect((await kw.audit.list()).events).toEqual([]);
  });

  it("changes nothing when a report is replayed, also when the key was resumed in between", async () => {
    const { kw, send } = setUp({ receiver: { action: "pause" } });
    const { key, secret } = await kw.keys.create({ name: "ci" });
    const body = JSON.stringify([match(secret.reveal())]);
    await Promise.all([send(body), send(body)]);
    expect((await kw.keys.get(key.id))?.status).toBe("paused");
    await kw.keys.resume(key.id);
    const before = await kw.audit.list();
    expect(await send(body)).toMatchObject({ status: 200, json: [{ label: "true_positive" }] });
    expect((await kw.keys.get(key.id))?.status).toBe("active");
    expect(await kw.audit.list()).toEqual(before);
    expect(before.events.map(({ action }) => action)).toEqual([
      "key.resumed",
      "key.leaked",
      "key.paused",
      "key.created",
    ]);
    await send(JSON.stringify([match(secret.reveal(), { url: `${URL_OF_LEAK}#2` })]));
    expect((await kw.keys.get(key.id))?.status).toBe("paused");
  });

  it("pauses a key that its owner paused, so that the owner cannot resume it", async () => {
    const { kw, report } = setUp({ receiver: { action: "pause" } });
    const { key, secret } = await kw.keys.create({ name: "ci", ownerId: "acme" });
    const owner = kw.as({ actor: "jane", ownerId: "acme" });
    await owner.keys.pause(key.id, { until: new Date(Date.UTC(2025, 5, 16)) });
    await report(match(secret.reveal()));
    await expect(owner.keys.resume(key.id)).rejects.toMatchObject({ code: "not-permitted" });
  });

  it("completes a report that was interrupted", async () => {
    const store = memoryStore();
    const appendAudit = vi.spyOn(store, "appendAudit");
    const { kw, report } = setUp({ keyward: { store } });
    const { key, secret } = await kw.keys.create({ name: "ci" });
    appendAudit.mockImplementationOnce(() => {
      throw new Error("the store is gone");
    });
    const warning = vi.spyOn(process, "emitWarning").mockReturnValue();
    expect((await report(match(secret.reveal()))).status).toBe(503);
    expect(warning).toHaveBeenCalledOnce();
    warning.mockRestore();
    expect((await report(match(secret.reveal()))).status).toBe(200);
    expect((await kw.audit.list({ keyId: key.id })).events[0]?.action).toBe("key.leaked");
  });

  it("records two copies of a report that arrive together once", async () => {
    const { kw, report } = setUp();
    const { key, secret } = await kw.keys.create({ name: "ci" });
    const copies = await Promise.all([1, 2].map(() => report(match(secret.reveal()))));
    expect(copies.map(({ status }) => status)).toEqual([200, 200]);
    const { events } = await kw.audit.list({ keyId: key.id });
    expect(events.filter(({ action }) => action === "key.leaked")).toHaveLength(1);
  });

  it("revokes a key while the store does not answer about another", async () => {
    const store = memoryStore();
    const { kw, report } = setUp({ keyward: { store } });
    const [stuck, leaked] = [await kw.keys.create({ name: "a" }), await kw.keys.create({ name: "b" })];
    const listAudit = vi.spyOn(store, "listAudit").mockReturnValueOnce(new Promise(() => {}));
    void report(match(stuck.secret.reveal()));
    await vi.waitFor(() => expect(listAudit).toHaveBeenCalledOnce());
    expect((await report(match(leaked.secret.reveal()))).status).toBe(200);
    expect(await kw.keys.get(leaked.key.id)).toMatchObject({ status: "revoked" });
  });

  it("refuses reports that GitHub did not sign", async () => {
    const { kw, receiver, send } = setUp();
    const { key, secret } = await kw.keys.create({ name: "ci" });
    const body = JSON.stringify([match(secret.reveal())]);
    expect((await send(body, STRANGER)).status).toBe(401);
    expect((await send(body, { ...STRANGER, id: GITHUB.id })).status).toBe(401);
    expect((await send(body, GITHUB, `${body} `)).status).toBe(401);
    const sendWith = (headers: Record<string, string>) =>
      receiver(new Request("https://api.example.com/leaks", { method: "POST", headers, body }));
    const { "github-public-key-signature": signature } = signatureOf(body, GITHUB);
    for (const headers of [
      {},
      { "github-public-key-identifier": GITHUB.id },
      { "github-public-key-signature": signature },
      { "github-public-key-identifier": GITHUB.id, "github-public-key-signature": "" },
      { "github-public-key-identifier": GITHUB.id, "github-public-key-signature": "%%%" },
      { "github-public-key-identifier": "__proto__", "github-public-key-signature": signature },
    ]) {
      expect((await sendWith(headers)).status).toBe(401);
    }
    expect((await kw.keys.get(key.id))?.status).toBe("active");
    const get = await receiver(new Request("https://api.example.com/leaks"));
    expect([get.status, get.headers.get("allow")]).toEqual([405, "POST"]);
  });

  it.each(["", "{", "{}", "null", "[null]", '[{"token":1,"type":"a"}]', '[{"type":"a"}]', '[{"token":"a"}]'])(
    "refuses the malformed report %s",
    async (body) => {
      expect((await setUp().send(body)).status).toBe(400);
    },
  );

  it("accepts an empty report, and refuses one that is too large before it verifies it", async () => {
    const { send, github } = setUp();
    expect(await send("[]")).toEqual({ status: 200, json: [] });
    const { requests } = github;
    expect((await send(`[${" ".repeat(1024 * 1024)}]`, NEXT)).status).toBe(413);
    expect(github.requests).toBe(requests);
  });

  it("asks for new public keys when a report names another, at most every five minutes", async () => {
    const { send, published, github, advance } = setUp();
    await send("[]");
    for (let times = 0; times < 10; times += 1) expect((await send("[]", NEXT)).status).toBe(401);
    expect(github.requests).toBe(1);
    published.push(NEXT);
    advance(5 * 60_000);
    expect((await send("[]", NEXT)).status).toBe(200);
    expect(github.requests).toBe(2);
    // A key that GitHub has withdrawn is not accepted for longer than an hour.
    published.shift();
    advance(HOUR_MS);
    expect((await send("[]", GITHUB)).status).toBe(401);
  });

  it("uses the keys that it has while GitHub cannot be reached, and answers 503 without any", async () => {
    const { send, github, advance } = setUp();
    const warning = vi.spyOn(process, "emitWarning").mockReturnValue();
    onTestFinished(() => warning.mockRestore());
    github.isDown = true;
    expect((await send("[]")).status).toBe(503);
    expect((await send("[]")).status).toBe(503);
    expect(github.requests).toBe(1);
    github.isDown = false;
    advance(5 * 60_000);
    expect((await send("[]")).status).toBe(200);
    github.isDown = true;
    advance(2 * HOUR_MS);
    expect((await send("[]")).status).toBe(200);
  });

  it("works in Node's servers, and refuses what a body parser has changed", async () => {
    const { kw, receiver } = setUp();
    const { key, secret } = await kw.keys.create({ name: "ci" });
    const { secret: second } = await kw.keys.create({ name: "second" });
    const url = await serve((request, response) => void receiver(request, response));
    const answer = await post(url, JSON.stringify([match(secret.reveal())]));
    expect(await answer.json()).toMatchObject([{ label: "true_positive" }]);
    expect((await kw.keys.get(key.id))?.status).toBe("revoked");

    const keptBytes = await serveParsed(receiver, "rawBody");
    expect((await post(keptBytes, JSON.stringify([match(second.reveal())]))).status).toBe(200);
    const warning = vi.spyOn(process, "emitWarning").mockReturnValue();
    onTestFinished(() => warning.mockRestore());
    expect((await post(await serveParsed(receiver, "parsed"), "[]")).status).toBe(500);
    expect(warning.mock.calls[0]?.[0]).toContain("Mount leakReceiver before it");
  });

  it("says what is wrong with its options", () => {
    const kw = createKeyward();
    const create = (options: unknown) => () => leakReceiver(kw, options as LeakReceiverOptions);
    expect(create(undefined)).toThrow(/the argument of leakReceiver must be an object of options/);
    expect(create({})).toThrow('source must be "github"');
    expect(create({ source: "github", action: "delete" })).toThrow('action must be "revoke" or "pause"');
    expect(create({ source: "github", secret: "x" })).toThrow(/has no option "secret"/);
  });
});

function post(url: string, body: string): Promise<Response> {
  const headers = { "content-type": "application/json", ...signatureOf(body, GITHUB) };
  return fetch(url, { method: "POST", headers, body });
}

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/leaks`;
}

/** A server whose body parser runs first, and keeps the bytes or only what it parsed. */
function serveParsed(receiver: LeakReceiver, kept: "rawBody" | "parsed"): Promise<string> {
  return serve(async (request, response) => {
    const bytes = Buffer.concat(await request.toArray());
    Object.assign(request, {
      body: JSON.parse(bytes.toString()),
      ...(kept === "rawBody" && { rawBody: bytes }),
    });
    await receiver(request, response);
  });
}
