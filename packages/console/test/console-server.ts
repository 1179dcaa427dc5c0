import { once } from "node:events";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import {
  createConsole,
  passwordSignIn,
  type ConsoleOptions,
  type PasswordSignInOptions,
} from "@keyward/console";
import { createKeyward, memoryStore, type Keyward, type KeywardOptions, type Store } from "@keyward/core";
import { generate } from "selfsigned";

export const PASSWORD = "correct horse battery";

export interface ConsoleServer {
  readonly kw: Keyward;
  /** Sets the clock forwards or back. */
  advance(ms: number): void;
  /** `https://localhost:<port>/admin/`. */
  readonly url: string;
  readonly port: number;
  /** Refuses connections until it is started again. */
  goAway(): Promise<void>;
  comeBack(): Promise<void>;
  close(): Promise<void>;
}

interface ConsoleServerOptions extends Partial<ConsoleOptions> {
  readonly store?: Store;
  readonly signIn?: PasswordSignInOptions;
  readonly keyward?: KeywardOptions;
}

export const certificate = generate([{ name: "commonName", value: "localhost" }], {
  keyType: "ec",
  extensions: [{ name: "subjectAltName", altNames: [{ type: 2, value: "localhost" }] }],
});

/** A real HTTPS server with nothing but a console on it. */
export async function startConsole({
  store = memoryStore(),
  signIn,
  keyward,
  ...options
}: ConsoleServerOptions = {}): Promise<ConsoleServer> {
  let offsetMs = 0;
  const now = () => Date.now() + offsetMs;
  const kw = createKeyward({
    store,
    clock: now,
    secret: "a secret of at least 32 bytes for tests",
    plans: { pro: { rate: 1000, burst: 2000, daily: 50_000 } },
    ...keyward,
  });
  const kwConsole = createConsole(kw, {
    authorize: passwordSignIn({ password: PASSWORD, ...signIn }),
    ...options,
  });
  const { cert, private: key } = await certificate;
  const listener: Parameters<typeof createServer>[1] = (request, response) =>
    kwConsole.listener(request, response);
  let server: Server = createServer({ cert, key }, listener);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;

  async function goAway(): Promise<void> {
    server.close();
    server.closeAllConnections();
    await once(server, "close");
  }

  return {
    kw,
    advance: (ms) => void (offsetMs += ms),
    url: `https://localhost:${port}/admin/`,
    port,
    goAway,
    async comeBack() {
      server = createServer({ cert, key }, listener);
      server.listen(port, "127.0.0.1");
      await once(server, "listening");
    },
    async close() {
      if (server.listening) await goAway();
      await kw.close();
    },
  };
}
