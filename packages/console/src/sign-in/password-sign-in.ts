import { createHmac, randomBytes } from "node:crypto";
import { clientOf } from "@keyward/core";
import { hash, parseOptions, verify } from "@node-rs/argon2";
import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import type { ConsoleRequest } from "../acting.ts";
import { fail } from "../options.ts";
import { createSessions } from "./session.ts";
import type { SignIn } from "./sign-in.ts";

/** What `passwordSignIn` takes: one of `password` and `passwordHash`, and for more than one process `secret`. */
export interface PasswordSignInOptions {
  /** At least 12 characters. */
  readonly password?: string | undefined;
  /** In its place, its Argon2id hash in the PHC form: `$argon2id$v=19$m=…`. */
  readonly passwordHash?: string | undefined;
  /**
   * What sessions are sealed under, at least 32 bytes, the same in all processes; the deployment's `secret` will do.
   * If left out, one is made, and sessions end with the process.
   */
  readonly secret?: string | undefined;
  /** Who it is that signs in, in the audit trail; `admin` if left out. */
  readonly actor?: string;
  /** How long a session lasts at most; 12 hours if left out. */
  readonly lifetimeMs?: number;
  /** How long it lasts unused; 1 hour if left out. */
  readonly idleMs?: number;
  /** Attempts by client address; 10 in 15 minutes if left out. */
  readonly attempts?: { readonly limit: number; readonly windowMs: number };
  /** Milliseconds since the epoch; the machine's if left out. */
  readonly clock?: () => number;
}

const SHORTEST_PASSWORD = 12;
const SHORTEST_SECRET = 32;
const HOUR_MS = 3_600_000;

/**
 * A sign-in for those who have none: one password, a session in a sealed cookie, and few attempts for each client.
 *
 * @throws KeywardError `invalid-option`
 */
export function passwordSignIn(options: PasswordSignInOptions): SignIn {
  const { password, passwordHash, secret, actor = "admin", clock = Date.now } = options;
  if ((password === undefined) === (passwordHash === undefined)) {
    fail("passwordSignIn", "neither or both", "one of password and passwordHash");
  }
  if (password !== undefined && (typeof password !== "string" || password.length < SHORTEST_PASSWORD)) {
    fail("password", `one of ${String(password).length} characters`, `at least ${SHORTEST_PASSWORD}`);
  }
  if (passwordHash !== undefined) checkHash(passwordHash);
  if (secret !== undefined && Buffer.byteLength(secret) < SHORTEST_SECRET) {
    fail("secret", `one of ${Buffer.byteLength(secret)} bytes`, `at least ${SHORTEST_SECRET}`);
  }
  const sealedUnder = secret ?? randomBytes(SHORTEST_SECRET).toString("base64url");
  const { limit, windowMs } = options.attempts ?? { limit: 10, windowMs: HOUR_MS / 4 };
  const attempts = new RateLimiterMemory({ points: limit, duration: windowMs / 1000 });
  const hashed = passwordHash === undefined ? hash(password as string) : Promise.resolve(passwordHash);
  // Heard of where it is awaited.
  hashed.catch(() => {});
  const sessions = createSessions({
    secret: sealedUnder,
    lifetimeMs: options.lifetimeMs ?? 12 * HOUR_MS,
    idleMs: options.idleMs ?? HOUR_MS,
    // Says which password without telling anything of it.
    password: createHmac("sha256", sealedUnder)
      .update(`keyward console password ${password ?? passwordHash}`)
      .digest("base64url"),
    clock,
  });

  const authorize = async (request: ConsoleRequest) =>
    (await sessions.read(request)) === undefined ? undefined : { actor };

  return Object.assign(authorize, {
    async signIn(request: ConsoleRequest, given: string) {
      const client = clientOf(request.ip);
      try {
        await attempts.consume(client);
      } catch (rejection) {
        if (!(rejection instanceof RateLimiterRes)) throw rejection;
        return { outcome: "throttled", retryAfterMs: rejection.msBeforeNext } as const;
      }
      if (!(await verify(await hashed, given))) return { outcome: "refused" } as const;
      await attempts.delete(client);
      return { outcome: "signed-in", cookie: await sessions.open(request) } as const;
    },
    signOut: (request: ConsoleRequest) => sessions.close(request),
    renew: (request: ConsoleRequest) => sessions.renew(request),
  });
}

/** The Argon2id hash of a password, for `passwordHash`: nobody who reads it can sign in. */
export function hashPassword(password: string): Promise<string> {
  return hash(password);
}

function checkHash(passwordHash: unknown): void {
  try {
    parseOptions(passwordHash as string);
  } catch {
    fail("passwordHash", "something else", "an Argon2 hash in the PHC form, $argon2id$v=19$m=…");
  }
}
