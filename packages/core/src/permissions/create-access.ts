import type { Actor } from "../audit/audit-event.ts";
import type { AuditLog } from "../audit/audit-log.ts";
import type { CombinedEvents } from "../audit/combined-events.ts";
import type { Configuration } from "../configuration.ts";
import { KeywardError } from "../errors.ts";
import { notFound } from "../keys/conflicts.ts";
import type { BoundedLifecycle } from "../keys/create-lifecycle.ts";
import type { KeyRecord } from "../keys/record.ts";
import type { LimitsControl, Quota } from "../limits/limits-control.ts";
import { mergeLimits, type Limits } from "../limits/limits.ts";
import type { Owner } from "../owners/owner.ts";
import { refuseOtherOwnerRevision } from "../owners/create-owners.ts";
import type { Owners, UpdateOwnerInput } from "../owners/owners.ts";
import type { KeyStore } from "../store/key-store.ts";
import type { Sessions } from "../sessions/sessions.ts";
import type { Usage, UsageQueryInput } from "../usage/query.ts";
import type { Access } from "./access.ts";
import { checkBounds, checkLower, notPermitted } from "./bounds.ts";
import { createKeyAccess } from "./key-access.ts";
import { checkPrincipal, type Principal } from "./permissions.ts";
import { recordRefusals, type RefusedOperations } from "./refused-operations.ts";
import { visibleConfiguration, visibleEvent, visiblePause, visibleQuery } from "./visible.ts";

export interface AccessOptions {
  readonly keys: BoundedLifecycle;
  readonly owners: Owners;
  readonly usage: Usage;
  readonly audit: AuditLog;
  readonly limits: LimitsControl;
  readonly sessions: Sessions;
  readonly store: KeyStore;
  readonly clock: () => number;
  readonly configuration: () => Configuration;
  /** The server's environments. Keys are of the first one unless they name another. */
  readonly environments: readonly string[];
  readonly quota: (id: string) => Promise<Quota>;
  /** The limits that the plans of a key line and of an owner give, without custom limits. */
  readonly planLimits: (key: KeyRecord) => Promise<Limits | undefined>;
  readonly ownerPlanLimits: (plan: string | undefined) => Limits | undefined;
  /** Receives operations that are refused with `not-permitted`. */
  readonly refusals: CombinedEvents<RefusedOperations>;
}

/**
 * The resources that a principal can access. This is the one place that decides who may do what.
 *
 * @throws KeywardError `invalid-option` for a principal with a mistake
 */
export function createAccess(principal: Principal, options: AccessOptions): Access {
  const { level, grants } = checkPrincipal(principal);
  const { actor, address, ownerId } = principal;
  const {
    keys,
    owners,
    usage,
    audit,
    limits,
    sessions,
    store,
    clock,
    planLimits,
    ownerPlanLimits,
    environments,
    quota,
  } = options;
  const by: Actor = { actor, address, level };
  const recorded = recordRefusals({ actor, address, ownerId, level }, options.refusals);

  function requireOwn(id: string | undefined, field: string): void {
    if (ownerId !== undefined && id !== ownerId)
      throw notPermitted(field, "You may only see your own owner.");
  }

  function checkOwnerUpdate(owner: Owner | undefined, input: UpdateOwnerInput): void {
    if (grants.isUnrestricted) return;
    checkBounds({ plan: input.plan }, grants);
    // An owner without a plan has `default`, which may be better than its current plan.
    if (input.plan === null && owner?.plan !== undefined && level === "owner") {
      throw notPermitted("plan", "You may not remove the plan.");
    }
    if (input.metadata !== undefined && level === "owner")
      throw notPermitted("metadata", "You may not set metadata.");
    if (input.limits === undefined || grants.limits === "any") return;
    if (grants.limits === undefined) throw notPermitted("limits", "You may not set limits.");
    if (input.limits?.until !== undefined)
      throw notPermitted("limits.until", "You may only lower limits without an end.");
    const plan = ownerPlanLimits(owner?.plan);
    const { until: _end, ...inForce } = owner?.limits ?? {};
    const { until: _until, ...wanted } = input.limits ?? {};
    checkLower(mergeLimits(plan, wanted), mergeLimits(plan, inForce));
  }

  /** Refuses what is neither the principal's own nor permitted. */
  function requireOwners(id: string, operation: string): void {
    requireOwn(id, "ownerId");
    if (!grants.owners) throw notPermitted(operation, `You may not ${operation} owners.`);
  }

  async function updateOwner(id: string, input: UpdateOwnerInput): Promise<Owner> {
    requireOwners(id, "update");
    const owner = await owners.get(id);
    if (owner !== undefined) refuseOtherOwnerRevision(owner, input.ifRevision);
    checkOwnerUpdate(owner, input);
    return visible(await owners.update(id, { ...input, ifRevision: owner?.revision }, by));
  }

  function visible(owner: Owner): Owner {
    return visiblePause(owner, level);
  }

  async function getOwner(id: string): Promise<Owner | undefined> {
    const owner = await owners.get(id);
    return owner && visible(owner);
  }

  /** The principal's own owner. */
  function ownId(): string {
    if (ownerId !== undefined) return ownerId;
    throw new KeywardError("invalid-input", "This principal has no owner; use owners instead.", {
      field: "ownerId",
    });
  }

  /** Sessions belong to people, not to owners. */
  function requireUnrestricted(operation: string): void {
    if (!grants.isUnrestricted) throw notPermitted("sessions", `You may not ${operation} sessions.`);
  }

  /** The query within what the principal may see. */
  async function boundQuery(input: UsageQueryInput): Promise<UsageQueryInput> {
    if (ownerId === undefined) return input;
    if ("keys" in input) for (const key of input.keys ?? []) requireOwn(key.ownerId, "keys");
    else if ("ownerId" in input) requireOwn(input.ownerId, "ownerId");
    else if (input.keyId === undefined) return { ...input, ownerId };
    else await requireOwnKey(input.keyId);
    return input;
  }

  async function requireOwnKey(id: string): Promise<void> {
    if (ownerId === undefined) return;
    const record = await store.find(id);
    if (record === undefined || record.ownerId !== ownerId) throw notFound(id);
  }

  return {
    level,
    ownerId,
    grants,
    configuration: () => visibleConfiguration(options.configuration(), level, grants),
    keys: recorded(
      "keys",
      createKeyAccess({
        keys,
        store,
        clock,
        by,
        level,
        ownerId,
        grants,
        planLimits,
        environments,
        quota,
      }),
    ),
    owners: recorded("owners", {
      async get(id) {
        requireOwn(id, "ownerId");
        return getOwner(id);
      },
      async list(query = {}) {
        if (ownerId === undefined) return owners.list(query);
        const owner = await getOwner(ownerId);
        return { owners: owner === undefined ? [] : [owner] };
      },
      update: updateOwner,
      async pause(id, pauseOptions) {
        requireOwners(id, "pause");
        return visible(await owners.pause(id, pauseOptions, by));
      },
      async resume(id) {
        requireOwners(id, "resume");
        return visible(await owners.resume(id, by));
      },
    }),
    owner: recorded("owner", {
      get: async () => getOwner(ownId()),
      update: async (input) => updateOwner(ownId(), input),
    }),
    usage: recorded("usage", {
      async query(input) {
        return usage.query(await boundQuery(input));
      },
      async networks(keyId) {
        await requireOwnKey(keyId);
        return usage.networks(keyId);
      },
    }),
    audit: recorded("audit", {
      async list(query = {}) {
        if (ownerId === undefined) return audit.list(query);
        if (query.ownerId !== undefined) requireOwn(query.ownerId, "ownerId");
        const bounded = visibleQuery(query);
        if (bounded === undefined) return { events: [] };
        const page = await audit.list({ ...bounded, ownerId });
        return { ...page, events: page.events.map((event) => visibleEvent(event, level)) };
      },
      async verify() {
        if (level !== "operator") throw notPermitted("audit", "You may not verify the audit log.");
        return audit.verify();
      },
    }),
    sessions: recorded("sessions", {
      async list() {
        requireUnrestricted("list");
        return sessions.list();
      },
      async end(id) {
        requireUnrestricted("end");
        return sessions.end(id, by);
      },
    }),
    limits: recorded("limits", {
      async reset(target) {
        if (!grants.reset) throw notPermitted("reset", "You may not reset limits.");
        if (typeof target === "object") requireOwn(target.ownerId, "ownerId");
        else await requireOwnKey(target);
        return limits.reset(target, by);
      },
    }),
  };
}
