import type { Actor, ActorLevel } from "../audit/audit-event.ts";
import { notFound, refuseOtherRevision } from "../keys/conflicts.ts";
import type { BoundedLifecycle } from "../keys/create-lifecycle.ts";
import type { CreateKeyInput, RotateKeyOptions, UpdateKeyInput } from "../keys/lifecycle.ts";
import { statusOf, type ApiKey, type KeyRecord } from "../keys/record.ts";
import type { Quota } from "../limits/limits-control.ts";
import { mergeLimits, type Limits } from "../limits/limits.ts";
import type { KeyStore } from "../store/key-store.ts";
import { DAY_MS } from "../time.ts";
import type { KeyAccess } from "./access.ts";
import { boundExpiry, checkBounds, checkLower, notPermitted } from "./bounds.ts";
import type { CreatePermission, Grants } from "./permissions.ts";
import { visiblePause } from "./visible.ts";

export interface KeyAccessOptions {
  readonly keys: BoundedLifecycle;
  readonly store: KeyStore;
  readonly clock: () => number;
  readonly by: Actor;
  readonly level: ActorLevel;
  /** The owner that the principal is limited to. */
  readonly ownerId: string | undefined;
  readonly grants: Grants;
  /** The limits that its plan gives to a key line, without custom limits. */
  readonly planLimits: (key: KeyRecord) => Promise<Limits | undefined>;
  /** The server's environments. Keys are of the first one unless they name another. */
  readonly environments: readonly string[];
  readonly quota: (id: string) => Promise<Quota>;
}

/** The fields of an update, and the grant that each needs. */
const FIELD_GRANTS = {
  name: "rename",
  scopes: "update",
  plan: "update",
  expiresAt: "update",
  metadata: "update",
  allowedAddresses: "update",
  limits: "limits",
} as const satisfies Partial<Record<keyof UpdateKeyInput, keyof Grants>>;

/** Manages keys within what a principal may do. Every check is made on the revision that is then changed. */
export function createKeyAccess(options: KeyAccessOptions): KeyAccess {
  const { keys, store, clock, by, level, ownerId, grants, planLimits, environments, quota } = options;

  function requireGrant(
    grant: "import" | "rename" | "rotate" | "revoke" | "pause" | "update",
    operation: string,
  ): void {
    if (!grants[grant]) throw notPermitted(operation, `You may not ${operation} keys.`);
  }

  /** The key, if the principal can reach it. Keys of others look as if they did not exist. */
  async function find(id: string): Promise<KeyRecord | undefined> {
    const record = await store.find(id);
    return record !== undefined && (ownerId === undefined || record.ownerId === ownerId) ? record : undefined;
  }

  async function findExisting(id: string): Promise<KeyRecord> {
    const record = await find(id);
    if (record === undefined) throw notFound(id);
    return record;
  }

  /** The key as it is checked. The change that follows is made to this revision, and to no other. */
  async function findRevision(id: string, ifRevision: number | undefined): Promise<KeyRecord> {
    const record = await findExisting(id);
    refuseOtherRevision(record, ifRevision);
    return record;
  }

  function ownerOf(input: { readonly ownerId?: string | undefined }): { ownerId?: string } {
    if (ownerId === undefined) return input.ownerId === undefined ? {} : { ownerId: input.ownerId };
    if (input.ownerId !== undefined && input.ownerId !== ownerId) {
      throw notPermitted("ownerId", "You can only manage your owner's keys.");
    }
    return { ownerId };
  }

  function checkCreate(input: CreateKeyInput): CreateKeyInput {
    const { create } = grants;
    if (create === undefined) throw notPermitted("create", "You may not create keys.");
    if (grants.isUnrestricted) return { ...input, ...ownerOf(input) };
    const environment = input.environment ?? defaultEnvironment(create);
    checkBounds({ ...input, environment }, grants);
    if (input.limits !== undefined && grants.limits !== "any") {
      throw notPermitted("limits", "You may not set limits of new keys.");
    }
    if (input.metadata !== undefined && !grants.update) {
      throw notPermitted("metadata", "You may not set metadata.");
    }
    const expiresAt = boundExpiry(input.expiresAt, create, clock());
    return { ...input, ...ownerOf(input), environment, expiresAt };
  }

  /** The first of the server's environments that the principal may choose. */
  function defaultEnvironment({ environments: permitted }: CreatePermission): string | undefined {
    return environments.find((each) => permitted?.includes(each) ?? true) ?? environments[0];
  }

  async function checkLimits(record: KeyRecord, { limits }: UpdateKeyInput): Promise<void> {
    if (limits === undefined || grants.limits === "any") return;
    if (limits?.until !== undefined) {
      throw notPermitted("limits.until", "You may only lower limits without an end.");
    }
    const plan = await planLimits(record);
    const own = record.limitsUntil === null || record.limitsUntil > clock() ? record.limits : null;
    const { until: _until, ...overrides } = limits ?? {};
    checkLower(mergeLimits(plan, overrides), mergeLimits(plan, own ?? {}));
  }

  async function checkUpdate(record: KeyRecord, input: UpdateKeyInput): Promise<void> {
    if (grants.isUnrestricted) return;
    for (const [field, grant] of Object.entries(FIELD_GRANTS) as [
      keyof typeof FIELD_GRANTS,
      keyof Grants,
    ][]) {
      if (input[field] !== undefined && !grants[grant]) {
        throw notPermitted(field, `You may not change the ${field} of keys.`);
      }
    }
    checkBounds({ plan: input.plan, scopes: input.scopes }, grants);
    await checkLimits(record, input);
    if (input.expiresAt === undefined) return;
    const { maxLifetimeDays, maxKeys } = grants.create ?? {};
    if (maxKeys !== undefined && statusOf(record, clock()) === "expired") {
      throw notPermitted("expiresAt", "You may not renew an expired key; create a new one.");
    }
    const latest = maxLifetimeDays === undefined ? Infinity : record.createdAt + maxLifetimeDays * DAY_MS;
    if (maxLifetimeDays !== undefined && (input.expiresAt === null || input.expiresAt.getTime() > latest)) {
      throw notPermitted("expiresAt", `A key may be valid for at most ${maxLifetimeDays} days.`);
    }
  }

  /** A successor is a key that the principal could have created itself. */
  async function checkRotation(record: KeyRecord, rotation: RotateKeyOptions): Promise<RotateKeyOptions> {
    if (grants.isUnrestricted) return rotation;
    requireGrant("rotate", "rotate");
    if (grants.create === undefined)
      throw notPermitted("rotate", "You may not create keys, and so not rotate them.");
    checkBounds(record, grants);
    if (Object.keys(record.metadata).length > 0 && !grants.update) {
      throw notPermitted("metadata", "You may not create keys with metadata, and so not rotate them.");
    }
    if (record.limits !== null && grants.limits !== "any") {
      const plan = await planLimits(record);
      checkLower(mergeLimits(plan, record.limits), plan);
    }
    const { maxLifetimeDays } = grants.create;
    const originalEnd = record.expiresAt === null ? null : new Date(record.expiresAt);
    if (maxLifetimeDays === undefined) {
      if (rotation.expiresAt !== undefined)
        throw notPermitted("expiresAt", "You may not choose the lifetime of keys.");
      return { ...rotation, expiresAt: originalEnd };
    }
    const now = clock();
    const lifetimeMs = record.expiresAt === null ? Infinity : record.expiresAt - record.createdAt;
    const byDefault = new Date(now + Math.min(lifetimeMs, maxLifetimeDays * DAY_MS));
    return { ...rotation, expiresAt: boundExpiry(rotation.expiresAt ?? byDefault, grants.create, now) };
  }

  function visible(key: ApiKey): ApiKey {
    return visiblePause(key, level);
  }

  return {
    async create(input) {
      const { key, secret } = await keys.create(checkCreate(input), by, grants.create?.maxKeys);
      return { key: visible(key), secret };
    },

    async import(input) {
      requireGrant("import", "import");
      const bounded = { ...input, ...checkCreate(input), sha256: input.sha256 };
      return visible(await keys.import(bounded, by, grants.create?.maxKeys));
    },

    async get(id) {
      const key = (await find(id)) === undefined ? undefined : await keys.get(id);
      return key && visible(key);
    },

    async identify(raw) {
      const key = await keys.identify(raw);
      return key !== undefined && (ownerId === undefined || key.ownerId === ownerId)
        ? visible(key)
        : undefined;
    },

    async list(query = {}) {
      const page = await keys.list({ ...query, ...ownerOf(query) });
      return { ...page, keys: page.keys.map(visible) };
    },

    async count(query = {}) {
      return keys.count({ ...query, ...ownerOf(query) });
    },

    async update(id, input) {
      const record = await findRevision(id, input.ifRevision);
      await checkUpdate(record, input);
      return visible(await keys.update(id, { ...input, ifRevision: record.revision }, by));
    },

    async pause(id, pauseOptions = {}) {
      const { revision } = await findRevision(id, pauseOptions.ifRevision);
      requireGrant("pause", "pause");
      return visible(await keys.pause(id, { ...pauseOptions, ifRevision: revision }, by));
    },

    async resume(id) {
      await findExisting(id);
      requireGrant("pause", "resume");
      return visible(await keys.resume(id, by));
    },

    async revoke(id, guard = {}) {
      await findExisting(id);
      requireGrant("revoke", "revoke");
      return visible(await keys.revoke(id, by, guard));
    },

    async rotate(id, rotation = {}) {
      const record = await findRevision(id, rotation.ifRevision);
      const checked = await checkRotation(record, rotation);
      const { key, secret } = await keys.rotate(id, { ...checked, ifRevision: record.revision }, by);
      return { key: visible(key), secret };
    },

    async quota(id) {
      await findExisting(id);
      return quota(id);
    },
  };
}
