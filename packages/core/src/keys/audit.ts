import type { JsonValue } from "./record.ts";

/** What was done to a key. */
export type AuditAction =
  | "key.created"
  | "key.imported"
  | "key.updated"
  | "key.revoked"
  | "key.regenerated"
  | "key.rotated";

/** One act: who did what to which key, when and from where. Written with the act, never changed. */
export interface AuditEntry {
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly action: AuditAction;
  readonly keyId: string;
  /** A person, a service, or `system`. */
  readonly actor: string;
  /** The network address the act came from, where there is one. */
  readonly address: string | null;
  readonly details: Readonly<Record<string, JsonValue>>;
}

/** Who acts. Passed to every call that changes a key. */
export interface Actor {
  readonly actor?: string;
  /** The actor's network address, as a request has it. Recorded in its normal form; text that is not an address is omitted. */
  readonly address?: string;
}
