import { createHmac, randomBytes } from "node:crypto";
import type { CombinedEvents } from "../audit/combined-events.ts";
import type { CreateAuditEvent } from "../audit/events.ts";
import type { Clock } from "../clock.ts";
import { KeywardError } from "../errors.ts";
import { isId, type createIds } from "../keys/ids.ts";
import { checkAddress, checkFields, checkObject, checkText } from "../keys/input.ts";
import type { SessionStore } from "../store/session-store.ts";
import { hasEnded, toSession, type SessionRecord } from "./session.ts";
import type { Sessions, StartSessionInput } from "./sessions.ts";
import type { FailureCount } from "./sign-in-failures.ts";

/** A token is 32 random bytes in base64url. Nothing else is looked up. */
const TOKEN_BYTES = 32;
const TOKEN = /^[\w-]{43}$/;

const MAX_USER_AGENT_LENGTH = 200;

/** A session is extended when this part of its idle time has passed, not with each request. */
const EXTEND_AFTER = 0.1;

export interface SessionsOptions {
  readonly store: SessionStore;
  readonly clock: Clock;
  readonly ids: ReturnType<typeof createIds>;
  readonly auditEvent: CreateAuditEvent;
  /** Derives a key from the deployment's secret. */
  readonly deriveKey: (purpose: string) => string;
  readonly failures: CombinedEvents<FailureCount>;
}

const START_FIELDS: readonly (keyof StartSessionInput)[] = [
  "actor",
  "lifetimeMs",
  "idleMs",
  "address",
  "userAgent",
  "credential",
];

export function createSessions(options: SessionsOptions): Sessions {
  const { store, clock, ids, auditEvent, deriveKey, failures } = options;
  const tokenKey = deriveKey("session token");
  const credentialKey = deriveKey("session credential");
  const digestOf = (token: string) => createHmac("sha256", tokenKey).update(token).digest("base64url");
  const credentialDigest = (credential: string | undefined) =>
    credential === undefined
      ? null
      : createHmac("sha256", credentialKey).update(credential).digest("base64url");

  return {
    async start(input) {
      checkObject(input, "sessions.start", "actor, lifetimeMs and idleMs");
      checkFields(input, START_FIELDS, "sessions.start");
      const { address, userAgent, credential } = input;
      const now = clock();
      const token = randomBytes(TOKEN_BYTES).toString("base64url");
      const record: SessionRecord = {
        id: ids("ses"),
        digest: digestOf(token),
        actor: checkText(input.actor, "actor"),
        credential: credentialDigest(credential),
        address: address === undefined ? null : checkAddress(address),
        userAgent: visibleStart(userAgent),
        signedInAt: now,
        lastSeenAt: now,
        idleEndsAt: now + checkPositive(input.idleMs, "idleMs"),
        endsAt: now + checkPositive(input.lifetimeMs, "lifetimeMs"),
      };
      const details = {
        sessionId: record.id,
        ...(record.userAgent !== null && { userAgent: record.userAgent }),
      };
      await store.insertSession(
        record,
        auditEvent("session.started", {}, { actor: record.actor, address }, details),
      );
      return { session: toSession(record), token };
    },

    async find(token, { credential, extend = false } = {}) {
      if (typeof token !== "string" || !TOKEN.test(token)) return undefined;
      const record = await store.findSession(digestOf(token));
      const now = clock();
      if (record === undefined || hasEnded(record, now)) return undefined;
      if (record.credential !== credentialDigest(credential)) return undefined;
      const idleMs = record.idleEndsAt - record.lastSeenAt;
      if (!extend || now - record.lastSeenAt < idleMs * EXTEND_AFTER) return toSession(record);
      const extension = { lastSeenAt: now, idleEndsAt: now + idleMs };
      await store.extendSession(record.id, extension);
      return toSession({ ...record, ...extension });
    },

    async list() {
      return (await store.listSessions(clock())).map(toSession);
    },

    async end(id, by = {}) {
      if (!isId(id)) return false;
      return store.deleteSession(id, auditEvent("session.ended", {}, by, { sessionId: id }));
    },

    recordFailure: ({ address, throttled = false }) =>
      failures.record(address, { attempts: 1, throttled: throttled ? 1 : 0 }),
  };
}

function checkPositive(value: unknown, field: string): number {
  if (Number.isSafeInteger(value) && (value as number) > 0) return value as number;
  throw new KeywardError("invalid-input", `${field} must be a whole number from 1; got ${String(value)}.`, {
    field,
  });
}

/** A browser's name comes from outside. Invisible characters are removed. */
function visibleStart(userAgent: string | undefined): string | null {
  const visible = (userAgent ?? "").replaceAll(/[^\x20-\x7e]/g, "").trim();
  return visible === "" ? null : visible.slice(0, MAX_USER_AGENT_LENGTH);
}
