import type { JsonValue } from "../json.ts";

/** The operations that the audit log records. */
export const AUDIT_ACTIONS = [
  "key.created",
  "key.imported",
  "key.updated",
  "key.paused",
  "key.resumed",
  "key.revoked",
  "key.rotated",
  "key.leaked",
  "owner.created",
  "owner.updated",
  "owner.paused",
  "owner.resumed",
  "limits.reset",
  "audit.pruned",
  "session.started",
  "session.ended",
  "sign-in.failed",
  "operation.refused",
] as const;

/** The operation. */
export type AuditAction = (typeof AUDIT_ACTIONS)[number];

/** The value of a field before and after a change. `null` where it was or is not set. */
export interface AuditChange {
  readonly before: JsonValue;
  readonly after: JsonValue;
}

/** An audit event without its MAC: who did what to which key or owner, when and from where. */
export interface UnsignedAuditEvent {
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly action: AuditAction;
  /** The key it is about; `null` for events about an owner or a session. */
  readonly keyId: string | null;
  /** The owner it is about, or of the key; `null` for a key without an owner. */
  readonly ownerId: string | null;
  /** A person, a service, or `system`. */
  readonly actor: string;
  readonly level: ActorLevel;
  /** The network address of the actor; `null` if unknown. */
  readonly address: string | null;
  /** Details of the action, such as `{ successor }`, and `changes` by field. Never a secret. */
  readonly details: Readonly<Record<string, JsonValue>>;
}

/** An audit event as a store keeps it. Never changed. */
export interface StoredAuditEvent extends UnsignedAuditEvent {
  /** A MAC of all other fields: only a process that has the secret can make an event. */
  readonly mac: string;
}

/** The level of an actor: customers manage their own keys, operators all keys. */
export type ActorLevel = "owner" | "operator";

/** The person or program that acts. Accepted by every call that changes something. */
export interface Actor {
  readonly actor?: string | undefined;
  readonly address?: string | undefined;
  /** Default: `operator`. A pause by an operator cannot be ended by a customer. */
  readonly level?: ActorLevel | undefined;
}
