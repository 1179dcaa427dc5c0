import type { ActorLevel } from "../audit/audit-event.ts";
import type { ListAuditQuery } from "../audit/audit-log.ts";
import type { AuditEvent } from "../audit/public-event.ts";
import type { Configuration } from "../configuration.ts";
import type { JsonValue } from "../json.ts";
import type { Pause } from "../keys/record.ts";
import { grantsScope } from "../keys/scopes.ts";
import type { Grants } from "./permissions.ts";

/** The name of each operator for customers. */
const OPERATOR = "operator";

/** A key or an owner. Customers do not see why an operator paused it. */
export function visiblePause<T extends { readonly pause?: Pause | undefined }>(
  subject: T,
  level: ActorLevel,
): T {
  const { pause } = subject;
  if (level === "operator" || pause?.by !== "operator" || pause.reason === undefined) return subject;
  const { reason: _reason, ...publicFields } = pause;
  return { ...subject, pause: publicFields };
}

/**
 * An audit event. Customers do not see the names and addresses of operators, nor their reasons, which events of the customer can
 * contain as well: a successor inherits the pause of its key.
 */
export function visibleEvent(event: AuditEvent, level: ActorLevel): AuditEvent {
  if (level === "operator") return event;
  const { changes, ...rest } = event.details;
  const details: AuditEvent["details"] =
    changes === undefined ? rest : { ...rest, changes: visibleChanges(changes as Changes) };
  if (event.level === "owner") return { ...event, details };
  const { address: _address, ...publicFields } = event;
  const { subjects: _subjects, ...visible } = details;
  return { ...publicFields, actor: OPERATOR, details: visible };
}

/**
 * The query of a customer. Names of operators match no event: otherwise a customer could guess them. Their events are found by the name
 * that customers see.
 *
 * @returns `undefined` if no event can match
 */
export function visibleQuery(query: ListAuditQuery): ListAuditQuery | undefined {
  const { actor, level } = query;
  if (actor === undefined) return query;
  if (actor === OPERATOR && level !== "owner") return { ...query, actor: undefined, level: "operator" };
  return level === "operator" ? undefined : { ...query, level: "owner" };
}

/** `AuditChange` by field, as JSON. */
type Changes = Readonly<Record<string, Readonly<Record<"before" | "after", JsonValue>>>>;

/** Omits a pause reason unless the customer gave it. */
function visibleChanges(changes: Changes): Changes {
  const { pauseReason, ...others } = changes;
  const isVisible = (side: "before" | "after") =>
    pauseReason?.[side] === null || changes["pausedBy"]?.[side] === "owner";
  return isVisible("before") && isVisible("after") ? changes : others;
}

/** The names of a server. Customers see the plans and scopes that they may choose. */
export function visibleConfiguration(
  server: Configuration,
  level: ActorLevel,
  { create }: Pick<Grants, "create">,
): Configuration {
  if (level === "operator") return server;
  const { environments, plans = [], scopes: granted = [] } = create ?? {};
  const { scopes, ...rest } = server;
  return {
    ...rest,
    environments: server.environments.filter((name) => environments?.includes(name) ?? true),
    plans: server.plans.filter(({ name }) => plans.includes(name)),
    ...(scopes !== undefined && {
      scopes: Object.fromEntries(Object.entries(scopes).filter(([scope]) => grantsScope(granted, scope))),
    }),
  };
}
