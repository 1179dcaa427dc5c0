import type { Actor } from "../audit/audit-event.ts";
import type { Session } from "./session.ts";

/** A sign-in that succeeded. */
export interface StartSessionInput {
  /** The name of the person in the audit log, such as an email address. */
  readonly actor: string;
  /** The longest lifetime. */
  readonly lifetimeMs: number;
  /** The longest time without a request. */
  readonly idleMs: number;
  /** The network address of the browser. */
  readonly address?: string | undefined;
  /** The browser's `User-Agent`. Its first 200 characters are kept. */
  readonly userAgent?: string | undefined;
  /**
   * The credential of the sign-in, such as the password. Only a keyed digest of it is stored. `find` returns the session only with the
   * same credential, so that a new password ends all sessions of the old one.
   */
  readonly credential?: string | undefined;
}

/** Options of `kw.sessions.find`. */
export interface FindSessionOptions {
  /** The credential of the sign-in, as it is now. */
  readonly credential?: string | undefined;
  /** True if the session was used: its idle time begins again. Default: `false`. */
  readonly extend?: boolean | undefined;
}

/** A new session. `token` is for the browser's cookie; only its digest is stored. */
export interface StartedSession {
  readonly session: Session;
  readonly token: string;
}

/** Sign-ins that failed, for the audit log. */
export interface SignInFailure {
  readonly address?: string | undefined;
  /** True if the attempt was refused without a check, because there were too many. Default: `false`. */
  readonly throttled?: boolean | undefined;
}

/**
 * Sessions of people who signed in. They are kept in the store: every process knows them, and a session that ends is over in all of
 * them. Sign-ins and sign-outs are audit events. Calls reject with `invalid-input` or a `store-…` code.
 */
export interface Sessions {
  start(input: StartSessionInput): Promise<StartedSession>;
  /** Returns the session of a token; `undefined` for an unknown token, and for a session that has ended. */
  find(token: string, options?: FindSessionOptions): Promise<Session | undefined>;
  /** Lists sessions that have not ended, newest first: 1,000 at most. */
  list(): Promise<readonly Session[]>;
  /** Ends a session in every process. Returns whether there was one. */
  end(id: string, by?: Actor): Promise<boolean>;
  /**
   * Records a failed sign-in in the audit log. Failures are combined: at most one event per client address and minute, and 60 a
   * minute in all. Never rejects because of the store.
   */
  recordFailure(failure: SignInFailure): Promise<void>;
}
