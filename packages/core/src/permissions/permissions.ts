import type { ActorLevel } from "../audit/audit-event.ts";
import { KeywardError } from "../errors.ts";
import { isText } from "../keys/input.ts";
import { rejectOption } from "../option-error.ts";

/** Bounds of the keys that a principal may create. */
export interface CreatePermission {
  /** Plans that it may choose. Default: none; keys have their owner's plan. */
  readonly plans?: readonly string[] | undefined;
  /** Scopes that it may grant; `reports:*` allows every scope below it. Default: none. */
  readonly scopes?: readonly string[] | undefined;
  /** Environments that it may choose. Default: all. */
  readonly environments?: readonly string[] | undefined;
  /** The most active key lines that the owner may have. Default: no limit. */
  readonly maxKeys?: number | undefined;
  /** The longest lifetime. Keys without an expiry get it. Default: no limit; then it may not set an expiry at rotation. */
  readonly maxLifetimeDays?: number | undefined;
}

/** Permissions of a principal. Everything that is not set is not permitted. Reading is always permitted. */
export interface Permissions {
  /** Create keys. `true` is the same as `{}`: on the owner's plan, without scopes. */
  readonly create?: boolean | CreatePermission | undefined;
  /** Import keys that were issued elsewhere. */
  readonly import?: boolean | undefined;
  /** Change the names of keys. */
  readonly rename?: boolean | undefined;
  /** Rotate keys that it could have created itself. */
  readonly rotate?: boolean | undefined;
  readonly revoke?: boolean | undefined;
  /** Pause keys, and end pauses that were not set by someone above it. */
  readonly pause?: boolean | undefined;
  /** Set limits of keys: `lower` than the current ones, or `any`. */
  readonly limits?: "lower" | "any" | undefined;
  /** Change the scopes, plans, expiries, metadata and addresses of keys, within the bounds of `create`. */
  readonly update?: boolean | undefined;
  /** Change, pause and resume owners. */
  readonly owners?: boolean | undefined;
  /** Reset counts. */
  readonly reset?: boolean | undefined;
}

/** The actor, the owner it acts for, and its permissions. */
export interface Principal {
  /** A name for the audit log, such as an email address. */
  readonly actor: string;
  /** The network address that it acts from, for the audit log. */
  readonly address?: string | undefined;
  /** The owner whose keys it manages. It cannot reach other owners. Absent for operators. */
  readonly ownerId?: string | undefined;
  /**
   * Its permissions. With `ownerId` the default is to create keys on the owner's plan without scopes, and to rename, rotate, revoke and pause.
   * Without `ownerId` it is required.
   */
  readonly may?: "everything" | "view" | Permissions | undefined;
}

/** Permissions of a principal, validated and complete. */
export interface Grants {
  readonly isUnrestricted: boolean;
  readonly create: CreatePermission | undefined;
  readonly import: boolean;
  readonly rename: boolean;
  readonly rotate: boolean;
  readonly revoke: boolean;
  readonly pause: boolean;
  readonly limits: "lower" | "any" | undefined;
  readonly update: boolean;
  readonly owners: boolean;
  readonly reset: boolean;
}

const PRINCIPAL_FIELDS = ["actor", "address", "ownerId", "may"];
const FLAGS = ["import", "rename", "rotate", "revoke", "pause", "update", "owners", "reset"] as const;
const PERMISSION_FIELDS = [...FLAGS, "create", "limits"];
const CREATE_FIELDS = ["plans", "scopes", "environments", "maxKeys", "maxLifetimeDays"];

const OWNER_DEFAULT: Permissions = { create: true, rename: true, rotate: true, revoke: true, pause: true };

const EVERYTHING: Grants = Object.freeze({
  isUnrestricted: true,
  create: {},
  import: true,
  rename: true,
  rotate: true,
  revoke: true,
  pause: true,
  limits: "any",
  update: true,
  owners: true,
  reset: true,
});

function fail(message: string): never {
  throw new KeywardError("invalid-option", message);
}

function checkNames(value: object, accepted: readonly string[], path: string): void {
  for (const name of Object.keys(value)) {
    if (!accepted.includes(name)) fail(`${path}: unknown field "${name}"; there are ${accepted.join(", ")}.`);
  }
}

/**
 * Checks a principal. A mistake is an error, never a wider permission.
 *
 * @throws KeywardError `invalid-option`
 */
export function checkPrincipal(principal: Principal): {
  readonly level: ActorLevel;
  readonly grants: Grants;
} {
  if (typeof principal !== "object" || principal === null) {
    rejectOption("as: the principal", principal, "an object such as { actor, ownerId, may }");
  }
  checkNames(principal, PRINCIPAL_FIELDS, "as");
  const { actor, ownerId, may } = principal;
  if (!isText(actor))
    fail("as: actor must be a name for the audit log: visible text of 1 to 200 characters.");
  const isScoped = "ownerId" in principal;
  if (isScoped && !isText(ownerId)) {
    fail(`as: ownerId must be the id of an owner, or be left out for an operator; got ${String(ownerId)}.`);
  }
  if (!isScoped && may === undefined) {
    fail('as: a principal without ownerId needs may: "everything", "view", or an object of permissions.');
  }
  const level = isScoped ? "owner" : "operator";
  return { level, grants: toGrants(may ?? OWNER_DEFAULT) };
}

function toGrants(may: NonNullable<Principal["may"]>): Grants {
  if (may === "everything") return EVERYTHING;
  if (may !== "view" && (typeof may !== "object" || may === null || Array.isArray(may))) {
    fail(`as: may must be "everything", "view", or an object of permissions; got ${String(may)}.`);
  }
  const permissions: Permissions = may === "view" ? {} : may;
  checkNames(permissions, PERMISSION_FIELDS, "as: may");
  for (const name of FLAGS) {
    const value: unknown = permissions[name];
    if (value !== undefined && typeof value !== "boolean")
      fail(`as: may.${name} must be true or false; got ${String(value)}.`);
  }
  const { limits } = permissions;
  if (limits !== undefined && limits !== "lower" && limits !== "any") {
    fail(`as: may.limits must be "lower" or "any"; got ${String(limits)}.`);
  }
  const flags = Object.fromEntries(FLAGS.map((name) => [name, permissions[name] === true])) as Record<
    (typeof FLAGS)[number],
    boolean
  >;
  return Object.freeze({ ...flags, isUnrestricted: false, create: checkCreate(permissions.create), limits });
}

function checkCreate(value: Permissions["create"]): CreatePermission | undefined {
  if (value === undefined || value === false) return undefined;
  if (value === true) return {};
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    fail(`as: may.create must be true, false, or an object of bounds; got ${String(value)}.`);
  }
  checkNames(value, CREATE_FIELDS, "as: may.create");
  for (const name of ["plans", "scopes", "environments"] as const) {
    const list: unknown = value[name];
    if (list !== undefined && (!Array.isArray(list) || list.some((each) => typeof each !== "string"))) {
      fail(`as: may.create.${name} must be an array of strings; got ${String(list)}.`);
    }
  }
  for (const name of ["maxKeys", "maxLifetimeDays"] as const) {
    const number = value[name];
    if (number !== undefined && (!Number.isSafeInteger(number) || number < 1)) {
      fail(`as: may.create.${name} must be a whole number from 1; got ${String(number)}.`);
    }
  }
  return Object.freeze({ ...value });
}
