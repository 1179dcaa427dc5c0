import type { AuditEvent, OwnLimits } from "../api/client.ts";
import { limitsText } from "../limits/limits-text.ts";
import { dateTime } from "../ui/format.ts";

/** Texts of actions, by name. */
export const ACTIONS: Readonly<Record<string, string>> = {
  "key.created": "Created key",
  "key.imported": "Imported key",
  "key.updated": "Updated key",
  "key.paused": "Paused key",
  "key.resumed": "Resumed key",
  "key.revoked": "Revoked key",
  "key.rotated": "Rotated key",
  "key.leaked": "Reported leaked key",
  "owner.created": "Created owner",
  "owner.updated": "Updated owner",
  "owner.paused": "Paused owner",
  "owner.resumed": "Resumed owner",
  "limits.reset": "Reset limits",
  "audit.pruned": "Deleted old audit events",
  "session.started": "Signed in",
  "session.ended": "Signed out",
  "sign-in.failed": "Failed sign-ins",
  "operation.refused": "Refused operations",
};

export function actionText({ action, details }: AuditEvent): string {
  const name = details["name"];
  return `${ACTIONS[action] ?? action}${typeof name === "string" ? ` “${name}”` : ""}`;
}

/** True if an action made its subject, so that its fields had no values before. */
export function isCreation({ action }: AuditEvent): boolean {
  return /\.(?:created|imported)$/.test(action);
}

/** A changed field: its name, and its values before and after as text. */
export interface ChangeText {
  readonly field: string;
  readonly before: string;
  readonly after: string;
}

const FIELDS: Readonly<Record<string, string>> = {
  expiresAt: "expiry",
  allowedAddresses: "addresses",
  limitsUntil: "limits until",
  pausedUntil: "paused until",
  pauseReason: "reason",
};
/** Fields that repeat what the action and its time say. */
const IMPLIED = new Set(["pausedAt", "pausedBy", "revokedAt"]);
const TIME = /^\d{4}-\d{2}-\d{2}T/;

export function changesOf({ details }: AuditEvent): readonly ChangeText[] {
  const changes = (details["changes"] ?? {}) as Readonly<
    Record<string, { readonly before: unknown; readonly after: unknown }>
  >;
  return Object.entries(changes)
    .filter(([field]) => !IMPLIED.has(field))
    .map(([field, { before, after }]) => ({
      field: FIELDS[field] ?? field,
      before: fieldText(field, before),
      after: fieldText(field, after),
    }));
}

function valueText(value: unknown): string {
  if (value === null || value === undefined || value === "") return "none";
  if (typeof value === "string") return TIME.test(value) ? dateTime(value) : value;
  if (Array.isArray(value)) return value.length === 0 ? "none" : value.join(", ");
  return JSON.stringify(value);
}

function fieldText(field: string, value: unknown): string {
  return field === "limits" && typeof value === "object" && value !== null
    ? limitsText(value as OwnLimits)
    : valueText(value);
}

/** A rotation is one line: the creation of its successor is left out. */
export function withoutSuccessors(events: readonly AuditEvent[]): readonly AuditEvent[] {
  return events.filter(
    ({ action, details }) => action !== "key.created" || details["replaces"] === undefined,
  );
}
