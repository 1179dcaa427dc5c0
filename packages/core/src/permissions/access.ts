import type { ActorLevel } from "../audit/audit-event.ts";
import type { AuditPageResult, ListAuditQuery } from "../audit/audit-log.ts";
import type { AuditVerification } from "../audit/verify.ts";
import type { Configuration } from "../configuration.ts";
import type {
  CreatedKey,
  CreateKeyInput,
  ImportKeyInput,
  KeyPage,
  KeyQuery,
  ListKeysQuery,
  PauseOptions,
  RevisionGuard,
  RotateKeyOptions,
  UpdateKeyInput,
} from "../keys/lifecycle.ts";
import type { ApiKey } from "../keys/record.ts";
import type { Quota } from "../limits/limits-control.ts";
import type { Owner } from "../owners/owner.ts";
import type { ListOwnersQuery, OwnerPage, UpdateOwnerInput } from "../owners/owners.ts";
import type { Sessions } from "../sessions/sessions.ts";
import type { KeyNetwork, UsageBucket, UsageQueryInput } from "../usage/query.ts";
import type { Grants } from "./permissions.ts";

/** Keys, as a principal may manage them. An operation that is refused rejects with `not-permitted`. */
export interface KeyAccess {
  create(input: CreateKeyInput): Promise<CreatedKey>;
  import(input: ImportKeyInput): Promise<ApiKey>;
  get(id: string): Promise<ApiKey | undefined>;
  identify(raw: string): Promise<ApiKey | undefined>;
  list(query?: ListKeysQuery): Promise<KeyPage>;
  /** The number of keys that a query matches. */
  count(query?: KeyQuery): Promise<number>;
  update(id: string, input: UpdateKeyInput): Promise<ApiKey>;
  pause(id: string, options?: PauseOptions): Promise<ApiKey>;
  resume(id: string): Promise<ApiKey>;
  revoke(id: string, guard?: RevisionGuard): Promise<ApiKey>;
  rotate(id: string, options?: RotateKeyOptions): Promise<CreatedKey>;
  /** The state of a key's limits. */
  quota(id: string): Promise<Quota>;
}

/** Owners, as a principal may manage them. */
export interface OwnerAccess {
  get(ownerId: string): Promise<Owner | undefined>;
  list(query?: ListOwnersQuery): Promise<OwnerPage>;
  update(ownerId: string, input: UpdateOwnerInput): Promise<Owner>;
  pause(ownerId: string, options?: PauseOptions): Promise<Owner>;
  resume(ownerId: string): Promise<Owner>;
}

/** The resources that a principal can access. For a customer, nothing but its own owner's keys, usage and audit events. */
export interface Access {
  readonly level: ActorLevel;
  /** The owner that it is limited to. */
  readonly ownerId: string | undefined;
  /** Permissions of the principal, for pages that show only these. */
  readonly grants: Grants;
  /** The server's configuration. Customers see the plans, scopes and environments that they may choose. */
  configuration(): Configuration;
  readonly keys: KeyAccess;
  readonly owners: OwnerAccess;
  /** The principal's own owner. For an operator its calls reject with `invalid-input`. */
  readonly owner: {
    get(): Promise<Owner | undefined>;
    update(input: UpdateOwnerInput): Promise<Owner>;
  };
  readonly usage: {
    query(input: UsageQueryInput): Promise<readonly UsageBucket[]>;
    /** The networks that a key line was used from in the last 30 days. */
    networks(keyId: string): Promise<readonly KeyNetwork[]>;
  };
  readonly audit: {
    list(query?: ListAuditQuery): Promise<AuditPageResult>;
    /** Verifies the whole audit log. For operators only. */
    verify(): Promise<AuditVerification>;
  };
  /** Sessions of people who signed in. Only for principals that may do everything. */
  readonly sessions: { list: Sessions["list"]; end(id: string): Promise<boolean> };
  readonly limits: { reset(target: string | { readonly ownerId: string }): Promise<void> };
}
