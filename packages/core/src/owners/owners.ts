import type { Actor } from "../audit/audit-event.ts";
import type { Metadata } from "../json.ts";
import type { Names } from "../names.ts";
import type { PauseOptions } from "../keys/lifecycle.ts";
import type { OwnLimits } from "../keys/record.ts";
import type { Owner } from "./owner.ts";

/** Changes of an owner. Fields that are left out stay; `null` removes a value. */
export interface UpdateOwnerInput<N extends Names = Names> {
  readonly name?: string | null | undefined;
  /** Applies to all keys of the owner without their own plan, and to the owner's limits and budgets. */
  readonly plan?: N["plan"] | null | undefined;
  /** Overrides the limits for all keys of the owner together. */
  readonly limits?: OwnLimits | null | undefined;
  /** The networks that the owner's keys may be used from. */
  readonly allowedAddresses?: readonly string[] | null | undefined;
  readonly metadata?: Metadata | undefined;
  /** The `revision` that the change is meant for. If the owner was changed since, the call rejects with `owner-changed`. */
  readonly ifRevision?: number | undefined;
}

/** Filter of owners, sorted by id. */
export interface ListOwnersQuery {
  /** Contained in the id or the name; A to Z and a to z are equal. */
  readonly search?: string | undefined;
  /** `nextCursor` of the previous page. */
  readonly cursor?: string | undefined;
  /** Owners per page, 1 to 1000. Default: 50. */
  readonly limit?: number | undefined;
}

/** A page of owners. */
export interface OwnerPage {
  readonly owners: readonly Owner[];
  /** Cursor of the next page; absent on the last page. */
  readonly nextCursor?: string | undefined;
}

/**
 * Manages owners: the customers that own keys. An owner exists once a key names it, or once it is updated. Changes apply in every process within a second. Calls reject with a `KeywardError`: `invalid-input`, `owner-changed`, or a `store-…` code.
 */
export interface Owners<N extends Names = Names> {
  get(ownerId: string): Promise<Owner | undefined>;
  list(query?: ListOwnersQuery): Promise<OwnerPage>;
  /** Changes an owner, and creates it if it does not exist. */
  update(ownerId: string, input: UpdateOwnerInput<N>, by?: Actor): Promise<Owner>;
  /** Refuses all keys of the owner until it is resumed, or until a time. */
  pause(ownerId: string, options?: PauseOptions, by?: Actor): Promise<Owner>;
  /** Ends a pause. Keys that were paused themselves stay paused. */
  resume(ownerId: string, by?: Actor): Promise<Owner>;
}
