/** A session as a store keeps it: one browser of a person who signed in. It is found by the digest of its token. */
export interface SessionRecord {
  readonly id: string;
  /** HMAC-SHA-256 of the token, as 43 characters of base64url. */
  readonly digest: string;
  /** The name of the person in the audit log. */
  readonly actor: string;
  /** HMAC-SHA-256 of the credential that the person signed in with; `null` if the session does not depend on one. */
  readonly credential: string | null;
  /** The network address of the sign-in; `null` where it is not known. */
  readonly address: string | null;
  /** The beginning of the browser's `User-Agent`; `null` without one. */
  readonly userAgent: string | null;
  /** Milliseconds since the epoch, as all times here. */
  readonly signedInAt: number;
  readonly lastSeenAt: number;
  /** Time at which it ends unless it is used. */
  readonly idleEndsAt: number;
  /** Time at which it ends in any case. */
  readonly endsAt: number;
}

/** The fields that an extension of a session sets. */
export type SessionExtension = Pick<SessionRecord, "lastSeenAt" | "idleEndsAt">;

/** A session, as listed. */
export interface Session {
  readonly id: string;
  readonly actor: string;
  readonly address?: string;
  readonly userAgent?: string;
  readonly signedInAt: Date;
  readonly lastSeenAt: Date;
  /** Time at which it ends unless it is used again before. */
  readonly endsAt: Date;
}

export function toSession(record: SessionRecord): Session {
  const { id, actor, address, userAgent, signedInAt, lastSeenAt, idleEndsAt, endsAt } = record;
  return {
    id,
    actor,
    ...(address !== null && { address }),
    ...(userAgent !== null && { userAgent }),
    signedInAt: new Date(signedInAt),
    lastSeenAt: new Date(lastSeenAt),
    endsAt: new Date(Math.min(idleEndsAt, endsAt)),
  };
}

export function hasEnded(
  { idleEndsAt, endsAt }: Pick<SessionRecord, "idleEndsAt" | "endsAt">,
  now: number,
): boolean {
  return now >= idleEndsAt || now >= endsAt;
}
