import assert from "node:assert/strict";
import type { Server } from "node:net";
import { inspect } from "node:util";
import {
  createKeyward,
  memoryStore,
  type CreatedKey,
  type CreateKeyInput,
  type Keyward,
  type KeywardEventName,
  type KeywardOptions,
  type Store,
  type UsageBucket,
} from "@keyward/core";
import { testClock, type TestClock } from "../test-clock.ts";
import type { AdapterUnderTest } from "./adapter.ts";
import { STANDARD_ROUTES, type TestRoute } from "./routes.ts";
import { testCertificate } from "./certificate.ts";
import { ask, askRaw, exchange, portOf, upload, type Answer, type Ask, type Upload } from "./http.ts";
import { serve, type Servers } from "./servers.ts";

/** What the keys of every case are made under. */
export const TEST_SECRET = "a secret for tests, and for nothing else at all";

const EVENTS: readonly KeywardEventName[] = [
  "admitted",
  "refused",
  "key.created",
  "key.updated",
  "key.paused",
  "key.resumed",
  "key.revoked",
  "key.rotated",
  "owner.updated",
  "limits.reset",
  "store.failed",
  "limiter.failed",
];

/** What a case can set before the application starts. */
export interface Given extends KeywardOptions {
  readonly trustLoopbackProxy?: boolean;
  /** Besides the standard routes. */
  readonly routes?: readonly TestRoute[];
}

/** One case's application, its keys, and everything that was ever answered. */
export class TestBench {
  readonly kw: Keyward;
  readonly clock: TestClock;
  readonly lookUps: { count: number; fail: boolean };
  readonly #servers: Servers;
  readonly #ca: string;
  readonly #adapter: AdapterUnderTest;
  readonly #heard: string[];
  readonly #secrets: string[] = [];
  #peer: string | undefined;

  private constructor(
    parts: { kw: Keyward; clock: TestClock; lookUps: { count: number; fail: boolean }; heard: string[] },
    adapter: AdapterUnderTest,
    servers: Servers,
    ca: string,
  ) {
    this.#adapter = adapter;
    this.kw = parts.kw;
    this.clock = parts.clock;
    this.lookUps = parts.lookUps;
    this.#heard = parts.heard;
    this.#servers = servers;
    this.#ca = ca;
    this.#disguise(servers.https, "secureConnection");
    this.#disguise(servers.http, "connection");
  }

  static async open(
    adapter: AdapterUnderTest,
    { trustLoopbackProxy = false, routes = [], ...options }: Given,
  ): Promise<TestBench> {
    const certificate = await testCertificate();
    const clock = testClock();
    const lookUps = { count: 0, fail: false };
    const heard: string[] = [];
    // As a log would print it: errors with their stacks and causes too.
    const hear = (event: object) => heard.push(inspect(event, { depth: 10, showHidden: true }));
    const kw = createKeyward({
      secret: TEST_SECRET,
      store: countingStore(options.store ?? memoryStore(), lookUps),
      clock,
      events: Object.fromEntries(EVENTS.map((name) => [name, hear])),
      ...withoutStore(options),
    });
    const servers = await serve(
      await adapter.start({ kw, trustLoopbackProxy, routes: [...STANDARD_ROUTES, ...routes] }),
      certificate,
    );
    return new TestBench({ kw, clock, lookUps, heard }, adapter, servers, certificate.cert);
  }

  /** Makes a key, and remembers it: it must turn up nowhere. */
  async key(input: Partial<CreateKeyInput> = {}): Promise<CreatedKey & { readonly raw: string }> {
    const created = await this.kw.keys.create({ name: "a key", ...input });
    return { ...created, raw: this.remember(created.secret.reveal()) };
  }

  /** Has a presented value searched for in everything that is answered and told. */
  remember(secret: string): string {
    this.#secrets.push(secret);
    return secret;
  }

  /** What the key did in the day, or the hour, that the clock shows. */
  usage(keyId: string, per: "hour" | "day" = "day"): Promise<readonly UsageBucket[]> {
    return this.kw.usage.query({ keyId, from: new Date(this.clock()), to: new Date(this.clock() + 1), per });
  }

  /** Asks over HTTPS. */
  async ask(path: string, key?: string, { headers, ...more }: Ask = {}): Promise<Answer> {
    const sent = key === undefined ? { ...headers } : { "x-api-key": key, ...headers };
    return this.#hear(await ask(portOf(this.#servers.https), path, { ...more, headers: sent }, this.#ca));
  }

  /** Asks over plain HTTP. */
  async askPlain(
    path: string,
    key?: string,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer> {
    const sent = key === undefined ? { ...headers } : { "x-api-key": key, ...headers };
    return this.#hear(await ask(portOf(this.#servers.http), path, { headers: sent }));
  }

  /** Asks over HTTPS with these header lines, byte by byte. */
  async askRaw(path: string, ...headerLines: readonly string[]): Promise<Answer> {
    return this.#hear(await askRaw(portOf(this.#servers.https), path, headerLines, this.#ca));
  }

  /** Writes a text to one connection over TLS or plain HTTP, and reads until the server closes it. */
  async exchange(kind: "TLS" | "plain", text: string): Promise<string> {
    const [server, ca] = kind === "TLS" ? [this.#servers.https, this.#ca] : [this.#servers.http, undefined];
    const answer = await exchange(portOf(server), text, ca);
    this.#heard.push(answer);
    return answer;
  }

  /** Sends a large body over TLS or plain HTTP, until the server closes the connection. */
  async upload(kind: "TLS" | "plain", headLines: readonly string[], length: number): Promise<Upload> {
    const [server, ca] = kind === "TLS" ? [this.#servers.https, this.#ca] : [this.#servers.http, undefined];
    const result = await upload(portOf(server), headLines, length, ca);
    this.#heard.push(result.answer);
    return result;
  }

  /** Builds the application again with other routes. Rejects as the adapter does. */
  async restart(routes: readonly TestRoute[]): Promise<void> {
    const application = await this.#adapter.start({ kw: this.kw, trustLoopbackProxy: false, routes });
    await application.close?.();
  }

  /** From now on, connections seem to come from this address. */
  from(address: string): void {
    this.#peer = address;
  }

  async close(): Promise<void> {
    await this.#servers.close();
    await this.kw.close();
    const told = this.#heard.join("\n");
    for (const secret of this.#secrets) assert.ok(!told.includes(secret), "a raw key was answered or told");
  }

  #hear(answer: Answer): Answer {
    this.#heard.push(JSON.stringify(answer.headers), answer.text);
    return answer;
  }

  /** Loopback is all there is here: where another address is needed, the socket says it has one. */
  #disguise(server: Server, event: string): void {
    server.prependListener(event, (socket: object) => {
      const peer = this.#peer;
      if (peer !== undefined) Object.defineProperty(socket, "remoteAddress", { get: () => peer });
    });
  }
}

function withoutStore({ store: _store, ...options }: KeywardOptions): KeywardOptions {
  return options;
}

/** The store, with its look-ups counted; they fail while `fail` is set. */
function countingStore(store: Store, lookUps: { count: number; fail: boolean }): Store {
  return {
    ...store,
    async findByDigest(digest) {
      lookUps.count += 1;
      if (lookUps.fail) throw new Error("the store is down");
      return store.findByDigest(digest);
    },
  };
}
