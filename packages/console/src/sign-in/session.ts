import { randomBytes } from "node:crypto";
import { LRUCache } from "lru-cache";
import type { ConsoleRequest } from "../authorize.ts";
import { createSealedCookie } from "./cookies.ts";

/** The content of the session cookie. */
interface Session {
  readonly id: string;
  readonly signedInAt: number;
  readonly seenAt: number;
  /** Identifies the password that it was opened with. Another password ends it. */
  readonly password: string;
}

export interface SessionOptions {
  readonly secret: string;
  /** The longest lifetime. */
  readonly lifetimeMs: number;
  /** The longest time without a request. */
  readonly idleMs: number;
  readonly password: string;
  readonly clock: () => number;
}

/** Sessions that were signed out of are remembered until they would have ended. */
const MAX_SIGNED_OUT = 10_000;

/** Sessions without a store: each request carries its own in a sealed cookie that scripts cannot read. */
export function createSessions({ secret, lifetimeMs, idleMs, password, clock }: SessionOptions) {
  const cookie = createSealedCookie<Session>("keyward-session", secret, "keyward console session");
  const signedOut = new LRUCache<string, true>({ max: MAX_SIGNED_OUT, ttl: lifetimeMs });

  async function read(request: ConsoleRequest): Promise<Session | undefined> {
    const session = await cookie.read(request);
    if (session === undefined) return undefined;
    const now = clock();
    const isAlive =
      now < session.signedInAt + lifetimeMs && now < session.seenAt + idleMs && session.password === password;
    return isAlive && !signedOut.has(session.id) ? session : undefined;
  }

  return {
    read,
    /** A new session for each sign-in, whatever cookie the request has. */
    open(request: ConsoleRequest): Promise<string> {
      const now = clock();
      const id = randomBytes(16).toString("base64url");
      return cookie.write(request, { id, signedInAt: now, seenAt: now, password });
    },
    /** Extends the session if it was not extended for a while. */
    async renew(request: ConsoleRequest): Promise<string | undefined> {
      const session = await read(request);
      const now = clock();
      if (session === undefined || now - session.seenAt < idleMs / 10) return undefined;
      return cookie.write(request, { ...session, seenAt: now });
    },
    async close(request: ConsoleRequest): Promise<string> {
      const session = await read(request);
      if (session !== undefined) signedOut.set(session.id, true);
      return cookie.remove(request);
    },
  };
}
