import type { Admittee } from "../admission/admissible-key.ts";
import type { Actor } from "../audit/audit-event.ts";
import type { CreateAuditEvent } from "../audit/events.ts";
import type { EventDispatcher } from "../events.ts";
import { notFound } from "../keys/conflicts.ts";
import { checkText } from "../keys/input.ts";
import type { KeyRecord } from "../keys/record.ts";
import type { AuditStore } from "../store/audit-store.ts";
import type { KeyStore, StoreChange } from "../store/key-store.ts";
import type { Limiter } from "./limiter.ts";
import type { Limits, Policy } from "./limits.ts";
import { budgetSubject, lineSubject, ownerSubject, ownerSubjectOf } from "./subject-names.ts";

/** The state of a key's limits. Plain JSON. */
export interface Quota {
  /** The effective limits: of the key line, of the owner, and by budget. */
  readonly limits: Limits & { readonly owner?: Limits; readonly budgets?: Readonly<Record<string, Limits>> };
  /** Whole requests that each policy would admit now. */
  readonly remaining: Readonly<Record<Policy, number>>;
  /** Milliseconds until each policy is whole again if nothing else comes. */
  readonly resetMs: Readonly<Record<Policy, number>>;
}

/** Controls what was counted. */
export interface LimitsControl {
  /**
   * Clears the counts of a key line, or of an owner and its budgets, in every process and in the store.
   *
   * Rejects with `key-not-found`, `invalid-input`, or a `store-…` code.
   */
  reset(target: string | { readonly ownerId: string }, by?: Actor): Promise<void>;
}

export interface LimitsControlOptions {
  readonly store: KeyStore & AuditStore;
  readonly limiter: Limiter;
  readonly auditEvent: CreateAuditEvent;
  readonly events: EventDispatcher;
  readonly budgetNames: ReadonlySet<string>;
  /** Notifies other processes. */
  readonly publish: (change: StoreChange) => void;
}

export function createLimitsControl(options: LimitsControlOptions): LimitsControl {
  const { store, limiter, auditEvent, events, budgetNames, publish } = options;

  async function resetSubjects(
    subjects: readonly string[],
    target: { readonly keyId?: string; readonly ownerId?: string },
    by: Actor,
  ): Promise<void> {
    const event = auditEvent("limits.reset", target, by, { subjects });
    for (const subject of subjects) await limiter.reset(subject);
    // Other processes read the stored counts again when they see the event: by then the counts are deleted.
    await store.appendAudit(event);
    publish({ resetSubjects: subjects });
    events.emit("limits.reset", target);
  }

  return {
    async reset(target, by = {}) {
      if (typeof target === "object" && target !== null) {
        const ownerId = checkText(target.ownerId, "ownerId");
        const owned = { ownerId, lineageId: "" };
        const subjects = [
          ownerSubject(ownerId),
          ...[...budgetNames].map((name) => budgetSubject(owned, name)),
        ];
        await resetSubjects(subjects, { ownerId }, by);
        return;
      }
      const record = await store.find(target);
      if (record === undefined) throw notFound(target);
      const { id, ownerId } = record;
      await resetSubjects(
        subjectsOf(record, budgetNames),
        { keyId: id, ...(ownerId !== null && { ownerId }) },
        by,
      );
    },
  };
}

/** Subjects of this key line alone: a key without an owner is its own owner. */
function subjectsOf(record: KeyRecord, budgets: ReadonlySet<string>): readonly string[] {
  if (record.ownerId !== null) return [lineSubject(record)];
  return [
    lineSubject(record),
    ownerSubjectOf(record),
    ...[...budgets].map((name) => budgetSubject(record, name)),
  ];
}

/** Reads the state of the limits that apply to a key. Counts nothing. */
export async function readQuota({ line, owner, budgets }: Admittee, limiter: Limiter): Promise<Quota> {
  const targets = [
    ...(line === undefined ? [] : [line]),
    ...(owner === undefined ? [] : [owner]),
    ...budgets.values(),
  ];
  const results = await Promise.all(targets.map(({ subject, rules }) => limiter.peek(subject, rules)));
  return {
    limits: {
      ...line?.rules.limits,
      ...(owner !== undefined && { owner: owner.rules.limits }),
      ...(budgets.size > 0 && {
        budgets: Object.fromEntries([...budgets].map(([name, { rules }]) => [name, rules.limits])),
      }),
    },
    remaining: Object.assign({}, ...results.map(({ remaining }) => remaining)),
    resetMs: Object.assign({}, ...results.map(({ resetMs }) => resetMs)),
  };
}
