import type { Clock } from "../clock.ts";
import type { JsonValue } from "../json.ts";
import { checkAddress, checkText } from "../keys/input.ts";
import type { createIds } from "../keys/ids.ts";
import type { Actor, AuditAction, AuditChange, StoredAuditEvent, UnsignedAuditEvent } from "./audit-event.ts";
import type { AuditChain } from "./chain.ts";

/** The subject of an audit event. */
interface AuditSubject {
  readonly keyId?: string | null;
  readonly ownerId?: string | null;
}

/** Creates audit events. */
export type CreateAuditEvent = (
  action: AuditAction,
  subject: AuditSubject,
  by: Actor,
  details?: Readonly<Record<string, JsonValue>>,
) => StoredAuditEvent;

/** Creates audit events that sort by the time of their creation. */
export function createAuditEvents(
  clock: Clock,
  ids: ReturnType<typeof createIds>,
  chain: AuditChain,
): CreateAuditEvent {
  return (action, { keyId = null, ownerId = null }, by, details = {}) => {
    const event: UnsignedAuditEvent = {
      id: ids("act"),
      at: clock(),
      action,
      keyId,
      ownerId,
      actor: by.actor === undefined ? "system" : checkText(by.actor, "actor"),
      level: by.level ?? "operator",
      address: by.address === undefined ? null : checkAddress(by.address),
      // A copy: what the caller does with its objects must not change the event.
      details: JSON.parse(JSON.stringify(details)) as Readonly<Record<string, JsonValue>>,
    };
    return { ...event, mac: chain.macOf(event) };
  };
}

/** The fields that a change sets to another value, before and after. Times are ISO 8601. */
export function changesBetween(
  before: Readonly<Record<string, unknown>>,
  update: Readonly<Record<string, unknown>>,
): { readonly [field: string]: { readonly before: JsonValue; readonly after: JsonValue } } {
  const changed = Object.entries(update).filter(
    ([field, after]) => JSON.stringify(before[field]) !== JSON.stringify(after),
  );
  return Object.fromEntries(
    changed.map(([field, after]): [string, { before: JsonValue; after: JsonValue }] => {
      const change: AuditChange = { before: show(field, before[field]), after: show(field, after) };
      return [field, { ...change }];
    }),
  );
}

/** Fields of records that are times in milliseconds. */
const TIME = /(?:At|Until)$/;

function show(field: string, value: unknown): JsonValue {
  if (value === undefined || value === null) return null;
  if (typeof value === "number" && TIME.test(field)) return new Date(value).toISOString();
  return value as JsonValue;
}
