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
import {
  ask,
  askRaw,
  exchange,
  portOf,
  upload,
  type HttpResponse,
  type HttpRequest,
  type Upload,
} from "./http.ts";
import { serve, type Servers } from "./servers.ts";

/** The secret of the keys in all cases. */
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

/** Settings of a case before the application starts. */
export interface Given extends KeywardOptions {
  readonly trustLoopbackProxy?: boolean;
  /** Besides the standard routes. */
  readonly routes?: readonly TestRoute[];
}

/** One case's application, its keys, and all responses. */
export class TestBench {
  readonly kw: Keyward;
  readonly clock: TestClock;
  readonly lookUps: { count: number; fail: boolean };
  readonly #servers: Servers;
  readonly #ca: string;
  readonly #adapter: AdapterUnderTest;
  readonly #logged: string[];
  readonly #secrets: string[] = [];
  #peer: string | undefined;

  private constructor(
    parts: { kw: Keyward; clock: TestClock; lookUps: { count: number; fail: boolean }; logged: string[] },
    adapter: AdapterUnderTest,
    servers: Servers,
    ca: string,
  ) {
    this.#adapter = adapter;
    this.kw = parts.kw;
    this.clock = parts.clock;
    this.lookUps = parts.lookUps;
    this.#logged = parts.logged;
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
    const logged: string[] = [];
    // As a log would print it: errors with their stacks and causes too.
    const hear = (event: object) => logged.push(inspect(event, { depth: 10, showHidden: true }));
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
    return new TestBench({ kw, clock, lookUps, logged }, adapter, servers, certificate.cert);
  }

  /** Makes a key, and remembers it: it must turn up nowhere. */
  async key(input: Partial<CreateKeyInput> = {}): Promise<CreatedKey & { readonly raw: string }> {
    const created = await this.kw.keys.create({ name: "a key", ...input });
    return { ...created, raw: this.remember(created.secret.reveal()) };
  }

  /** Searches all responses and events for a presented value. */
  remember(secret: string): string {
    this.#secrets.push(secret);
    return secret;
  }

  /** Usage of the key in the current day or hour of the clock. */
  usage(keyId: string, per: "hour" | "day" = "day"): Promise<readonly UsageBucket[]> {
    return this.kw.usage.query({ keyId, from: new Date(this.clock()), to: new Date(this.clock() + 1), per });
  }

  /** Asks over HTTPS. */
  async ask(path: string, key?: string, { headers, ...more }: HttpRequest = {}): Promise<HttpResponse> {
    const sent = key === undefined ? { ...headers } : { "x-api-key": key, ...headers };
    return this.#hear(await ask(portOf(this.#servers.https), path, { ...more, headers: sent }, this.#ca));
  }

  /** Asks over plain HTTP. */
  async askPlain(
    path: string,
    key?: string,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<HttpResponse> {
    const sent = key === undefined ? { ...headers } : { "x-api-key": key, ...headers };
    return this.#hear(await ask(portOf(this.#servers.http), path, { headers: sent }));
  }

  /** Asks over HTTPS with these header lines, byte by byte. */
  async askRaw(path: string, ...headerLines: readonly string[]): Promise<HttpResponse> {
    return this.#hear(await askRaw(portOf(this.#servers.https), path, headerLines, this.#ca));
  }

  /** Writes a text to one connection over TLS or plain HTTP, and reads until the server closes it. */
  async exchange(kind: "TLS" | "plain", text: string): Promise<string> {
    const [server, ca] = kind === "TLS" ? [this.#servers.https, this.#ca] : [this.#servers.http, undefined];
    const answer = await exchange(portOf(server), text, ca);
    this.#logged.push(answer);
    return answer;
  }

  /** Sends a large body over TLS or plain HTTP, until the server closes the connection. */
  async upload(kind: "TLS" | "plain", headLines: readonly string[], length: number): Promise<Upload> {
    const [server, ca] = kind === "TLS" ? [this.#servers.https, this.#ca] : [this.#servers.http, undefined];
    const result = await upload(portOf(server), headLines, length, ca);
    this.#logged.push(result.answer);
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
    const output = this.#logged.join("\n");
    for (const secret of this.#secrets)
      assert.ok(!output.includes(secret), "a raw key appeared in a response or an event");
  }

  #hear(answer: HttpResponse): HttpResponse {
    this.#logged.push(JSON.stringify(answer.headers), answer.text);
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
