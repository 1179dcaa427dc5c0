import { hkdfSync, randomBytes } from "node:crypto";
import { parse, serialize } from "hono/utils/cookie";
import { defaults, seal, unseal } from "iron-webcrypto";
import { LRUCache } from "lru-cache";
import type { ConsoleRequest } from "../acting.ts";

/** What the cookie holds, sealed: nobody else can read or make one. */
interface Session {
  readonly id: string;
  readonly signedInAt: number;
  readonly seenAt: number;
  /** Which password it was opened with: another one ends it. */
  readonly password: string;
}

export interface SessionOptions {
  readonly secret: string;
  /** How long a session lasts at most. */
  readonly lifetimeMs: number;
  /** How long it lasts unused. */
  readonly idleMs: number;
  readonly password: string;
  readonly clock: () => number;
}

/** Sessions that were signed out of are remembered until they would have ended by themselves. */
const MOST_SIGNED_OUT = 10_000;

/** Sessions without a store: each request carries its own, sealed, in a cookie that scripts cannot read. */
export function createSessions({ secret, lifetimeMs, idleMs, password, clock }: SessionOptions) {
  const key = Buffer.from(hkdfSync("sha256", secret, "", "keyward console session", 32)).toString(
    "base64url",
  );
  const signedOut = new LRUCache<string, true>({ max: MOST_SIGNED_OUT, ttl: lifetimeMs });

  async function read(request: ConsoleRequest): Promise<Session | undefined> {
    const name = cookieName(request);
    const sealed = parse(request.headers.get("cookie") ?? "", name)[name];
    if (sealed === undefined || sealed === "") return undefined;
    try {
      const session = (await unseal(sealed, key, defaults)) as Session;
      const now = clock();
      const isAlive =
        now < session.signedInAt + lifetimeMs &&
        now < session.seenAt + idleMs &&
        session.password === password;
      return isAlive && !signedOut.has(session.id) ? session : undefined;
    } catch {
      // Not sealed by this server, or damaged: nobody's.
      return undefined;
    }
  }

  async function cookie(request: ConsoleRequest, session: Session): Promise<string> {
    return serialize(cookieName(request), await seal(session, key, defaults), {
      path: "/",
      httpOnly: true,
      sameSite: "Strict",
      secure: request.secure,
    });
  }

  return {
    read,
    /** A session of its own for each sign-in, whatever cookie the request came with. */
    open(request: ConsoleRequest): Promise<string> {
      const now = clock();
      const id = randomBytes(16).toString("base64url");
      return cookie(request, { id, signedInAt: now, seenAt: now, password });
    },
    /** The same session seen now, where that was not noted for a while. */
    async renew(request: ConsoleRequest): Promise<string | undefined> {
      const session = await read(request);
      const now = clock();
      if (session === undefined || now - session.seenAt < idleMs / 10) return undefined;
      return cookie(request, { ...session, seenAt: now });
    },
    async close(request: ConsoleRequest): Promise<string> {
      const session = await read(request);
      if (session !== undefined) signedOut.set(session.id, true);
      return serialize(cookieName(request), "", {
        path: "/",
        httpOnly: true,
        sameSite: "Strict",
        secure: request.secure,
        maxAge: 0,
      });
    },
  };
}

/** Over HTTPS browsers take a cookie of this prefix from this host only, and only if it is safe. */
function cookieName({ secure }: ConsoleRequest): string {
  return secure ? "__Host-keyward-session" : "keyward-session";
}
