import type { JsonValue } from "../json.ts";
import type { ActorLevel, AuditAction, StoredAuditEvent } from "./audit-event.ts";

/** An audit event: who did what to which key or owner, when and from where. */
export interface AuditEvent {
  readonly id: string;
  readonly at: Date;
  readonly action: AuditAction;
  /** The key it is about. */
  readonly keyId?: string;
  /** The owner it is about, or of the key. */
  readonly ownerId?: string;
  readonly actor: string;
  readonly level: ActorLevel;
  /** The network address of the actor, where there is one. */
  readonly address?: string;
  /** Details of the action, and `changes` by field: `{ before, after }`. */
  readonly details: Readonly<Record<string, JsonValue>>;
}

/** The event, for people. */
export function toAuditEvent({
  at,
  keyId,
  ownerId,
  address,
  mac: _mac,
  ...event
}: StoredAuditEvent): AuditEvent {
  return {
    ...event,
    at: new Date(at),
    ...(keyId !== null && { keyId }),
    ...(ownerId !== null && { ownerId }),
    ...(address !== null && { address }),
  };
}
