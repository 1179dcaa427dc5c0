import { KeywardError, type Keyward } from "@keyward/core";
import { checkOptionNames, isText } from "@keyward/core/adapter";
import { hash, parseOptions, verify } from "@node-rs/argon2";
import type { ConsoleRequest } from "../authorize.ts";
import { createAttempts } from "./attempts.ts";
import { createSafeCookie } from "./cookies.ts";
import { createDevices } from "./devices.ts";
import type { SignIn } from "./sign-in.ts";
import { passwordWeakness } from "./weak-passwords.ts";
import { HOUR_MS } from "../time.ts";

/** Options of `passwordSignIn`: one of `password` and `passwordHash`. */
export interface PasswordSignInOptions {
  /** At least 12 characters, 5 of them different, and not one of the 10,000 most common passwords. */
  readonly password?: string | undefined;
  /** The Argon2id hash of the password in the PHC form: `$argon2id$v=19$m=…`. */
  readonly passwordHash?: string | undefined;
  /**
   * The secret that seals device cookies, at least 32 bytes, the same in all processes. Default: a key derived from the deployment's secret.
   */
  readonly secret?: string | undefined;
  /** The name of the principal in the audit log. Default: `admin`. */
  readonly actor?: string | undefined;
  /** The longest lifetime of a session. Default: 12 hours. */
  readonly lifetimeMs?: number | undefined;
  /** The longest time without a request. Default: 1 hour. */
  readonly idleMs?: number | undefined;
  /**
   * Sign-in attempts per `windowMs` (default: 15 minutes): of each client address and of each browser that has signed in before (`limit`,
   * default: 10), and of all other browsers together (`total`, default: 100).
   */
  readonly attempts?:
    | {
        readonly limit?: number | undefined;
        readonly total?: number | undefined;
        readonly windowMs?: number | undefined;
      }
    | undefined;
}

const OPTIONS: readonly (keyof PasswordSignInOptions)[] = [
  "password",
  "passwordHash",
  "secret",
  "actor",
  "lifetimeMs",
  "idleMs",
  "attempts",
];
const MIN_SECRET_BYTES = 32;

/**
 * A sign-in for applications without one: a single password, sessions in the store, and limited attempts. Sign-ins, sign-outs and
 * failed attempts are audit events.
 *
 * @throws KeywardError `invalid-option`
 */
export function passwordSignIn(options: PasswordSignInOptions): SignIn {
  checkOptionNames("passwordSignIn", options, OPTIONS);
  const { password, passwordHash, secret, actor = "admin" } = options;
  if ((password === undefined) === (passwordHash === undefined)) {
    fail("passwordSignIn needs one of password and passwordHash.");
  }
  if (password !== undefined) checkPassword(password);
  if (passwordHash !== undefined) checkHash(passwordHash);
  if (secret !== undefined && Buffer.byteLength(secret) < MIN_SECRET_BYTES) {
    fail(`secret must be at least ${MIN_SECRET_BYTES} bytes; got ${Buffer.byteLength(secret)}.`);
  }
  if (!isText(actor)) fail("actor must be a text of 1 to 200 characters.");
  const lifetimeMs = readPositive("lifetimeMs", options.lifetimeMs, 12 * HOUR_MS);
  const idleMs = readPositive("idleMs", options.idleMs, HOUR_MS);
  checkOptionNames("passwordSignIn attempts", options.attempts ?? {}, ["limit", "total", "windowMs"]);
  const limit = readPositive("attempts.limit", options.attempts?.limit, 10);
  const total = readPositive("attempts.total", options.attempts?.total, 100);
  const windowMs = readPositive("attempts.windowMs", options.attempts?.windowMs, HOUR_MS / 4);
  const countAttempt = createAttempts({ limit, total, windowMs });
  const hashed = passwordHash === undefined ? hash(password as string) : Promise.resolve(passwordHash);
  // A rejection is handled where the promise is awaited.
  hashed.catch(() => {});
  const cookie = createSafeCookie("keyward-session");
  const credential = password ?? passwordHash;
  const devicesOf = (kw: Keyward) => createDevices(secret ?? kw.deriveKey("console device"));

  async function sessionOf(request: ConsoleRequest, kw: Keyward, extend = false) {
    const token = cookie.read(request);
    return token === undefined ? undefined : kw.sessions.find(token, { credential, extend });
  }

  const authorize = async (request: ConsoleRequest, kw: Keyward) =>
    (await sessionOf(request, kw)) === undefined ? undefined : ({ actor, may: "everything" } as const);

  return Object.assign(authorize, {
    async signIn(request: ConsoleRequest, input: string, kw: Keyward) {
      const devices = devicesOf(kw);
      const address = addressOf(request);
      const verdict = await countAttempt(request, await devices.idOf(request));
      if (!("attempt" in verdict)) {
        await kw.sessions.recordFailure({ address, throttled: true });
        return { outcome: "throttled", retryAfterMs: verdict.retryAfterMs } as const;
      }
      if (!(await verify(await hashed, input))) {
        await kw.sessions.recordFailure({ address });
        return { outcome: "refused" } as const;
      }
      await verdict.attempt.succeed();
      const userAgent = request.headers.get("user-agent") ?? undefined;
      const { token } = await kw.sessions.start({
        actor,
        address,
        userAgent,
        credential,
        lifetimeMs,
        idleMs,
      });
      const cookies = [cookie.write(request, token), await devices.remember(request)];
      return { outcome: "signed-in", cookies } as const;
    },
    async signOut(request: ConsoleRequest, kw: Keyward) {
      const session = await sessionOf(request, kw);
      if (session !== undefined) await kw.sessions.end(session.id, { actor, address: addressOf(request) });
      return cookie.remove(request);
    },
    sessionOf: (request: ConsoleRequest, kw: Keyward) => sessionOf(request, kw),
    renew: async (request: ConsoleRequest, kw: Keyward) => void (await sessionOf(request, kw, true)),
  });
}

function addressOf({ ip }: ConsoleRequest): string | undefined {
  return ip === "" ? undefined : ip;
}

/** The Argon2id hash of a password, for `passwordHash`. */
export function hashPassword(password: string): Promise<string> {
  return hash(password);
}

function checkPassword(password: unknown): void {
  if (typeof password !== "string") fail("password must be a string.");
  const weakness = passwordWeakness(password);
  if (weakness !== undefined) fail(`password must ${weakness}.`);
}

function checkHash(passwordHash: unknown): void {
  try {
    parseOptions(passwordHash as string);
  } catch {
    fail("passwordHash must be an Argon2 hash in the PHC form, $argon2id$v=19$m=….");
  }
}

function readPositive(option: string, value: number | undefined, byDefault: number): number {
  const number = value ?? byDefault;
  if (!Number.isSafeInteger(number) || number < 1) {
    fail(`${option} must be a whole number of at least 1; got ${String(value)}.`);
  }
  return number;
}

function fail(message: string): never {
  throw new KeywardError("invalid-option", message);
}
