import type { Actor } from "../audit/audit-event.ts";
import { changesBetween, type CreateAuditEvent } from "../audit/events.ts";
import type { Clock } from "../clock.ts";
import { KeywardError } from "../errors.ts";
import type { EventDispatcher } from "../events.ts";
import {
  checkFields,
  checkMetadata,
  checkObject,
  checkPageSize,
  checkRevision,
  checkText,
} from "../keys/input.ts";
import { checkOwnSettings, checkPause, checkPauseLevel, NOT_PAUSED } from "../keys/own-settings.ts";
import { isPaused } from "../keys/record.ts";
import type { KeyStore } from "../store/key-store.ts";
import { newOwner, toOwner, type Owner, type OwnerChange, type OwnerRecord } from "./owner.ts";
import type { Owners, UpdateOwnerInput } from "./owners.ts";

export interface OwnersOptions {
  readonly store: KeyStore;
  readonly clock: Clock;
  readonly auditEvent: CreateAuditEvent;
  readonly events: EventDispatcher;
  readonly planNames: readonly string[];
  /** True if the limiter can charge an owner besides the key line. */
  readonly canLimitOwners: boolean;
  /** Applies a change of an owner. Called after the store has committed. */
  readonly forget: (ownerId: string) => void;
}

const UPDATE_FIELDS = ["name", "plan", "limits", "allowedAddresses", "metadata", "ifRevision"];

type OwnerAction = "owner.updated" | "owner.paused" | "owner.resumed";

/** Refuses a change of an owner that has another revision than the one that was wanted. */
export function refuseOtherOwnerRevision(
  { id, revision }: Pick<Owner, "id" | "revision">,
  wanted: number | undefined,
): void {
  if (wanted === undefined || revision === wanted) return;
  throw new KeywardError(
    "owner-changed",
    `Owner ${JSON.stringify(id)} was changed by someone else: its revision is ${revision}, not ${wanted}.`,
  );
}

export function createOwners({
  store,
  clock,
  auditEvent,
  events,
  planNames,
  canLimitOwners,
  forget,
}: OwnersOptions): Owners {
  async function change(
    ownerId: string,
    fields: OwnerChange,
    { action, by, ifRevision }: { action: OwnerAction; by: Actor; ifRevision?: number | undefined },
  ): Promise<Owner> {
    const initial = newOwner(ownerId, clock());
    const event = (before: OwnerRecord | undefined) =>
      auditEvent(before === undefined ? "owner.created" : action, { ownerId }, by, {
        changes: changesBetween({ ...(before ?? initial) }, { ...fields }),
      });
    const { outcome, record } = await store.changeOwner(initial, fields, event, { ifRevision });
    if (outcome === "refused") refuseOtherOwnerRevision(record, ifRevision);
    forget(ownerId);
    const owner = toOwner(record, clock());
    events.emit(action, { owner });
    return owner;
  }

  function checkUpdate(input: UpdateOwnerInput): OwnerChange {
    const { name, metadata, limits } = input;
    if (limits !== undefined && limits !== null && !canLimitOwners) {
      throw new KeywardError("invalid-input", "limits: this server's limiter cannot limit owners.", {
        field: "limits",
      });
    }
    return {
      ...(name !== undefined && { name: name === null ? null : checkText(name, "name") }),
      ...checkOwnSettings(input, planNames, clock()),
      ...(metadata !== undefined && { metadata: checkMetadata(metadata) }),
    };
  }

  return {
    async get(ownerId) {
      const record = await store.findOwner(checkText(ownerId, "ownerId"));
      return record === undefined ? undefined : toOwner(record, clock());
    },

    async list(query = {}) {
      checkFields(query, ["search", "cursor", "limit"], "owners.list");
      const limit = checkPageSize(query.limit ?? 50);
      const found = await store.listOwners({
        search: query.search === undefined ? undefined : checkText(query.search, "search"),
        after: query.cursor === undefined ? undefined : checkText(query.cursor, "cursor"),
        limit: limit + 1,
      });
      const now = clock();
      const owners = found.slice(0, limit).map((record) => toOwner(record, now));
      const last = owners.at(-1);
      return found.length > limit && last !== undefined ? { owners, nextCursor: last.id } : { owners };
    },

    async update(ownerId, input, by = {}) {
      checkText(ownerId, "ownerId");
      checkObject(input, "owners.update", "the fields to change");
      checkFields(input, UPDATE_FIELDS, "owners.update");
      return change(ownerId, checkUpdate(input), {
        action: "owner.updated",
        by,
        ifRevision: checkRevision(input.ifRevision),
      });
    },

    async pause(ownerId, options = {}, by = {}) {
      checkText(ownerId, "ownerId");
      checkObject(options, "owners.pause", "a reason or an end, or be left out");
      const record = await store.findOwner(ownerId);
      if (record !== undefined) checkPauseLevel(record, by, clock());
      const ifRevision = checkRevision(options.ifRevision) ?? record?.revision;
      return change(ownerId, checkPause(options, by, clock()), { action: "owner.paused", by, ifRevision });
    },

    async resume(ownerId, by = {}) {
      const record = await store.findOwner(checkText(ownerId, "ownerId"));
      if (record === undefined) {
        throw new KeywardError("owner-not-found", `There is no owner ${JSON.stringify(ownerId)}.`);
      }
      if (!isPaused(record, clock())) return toOwner(record, clock());
      checkPauseLevel(record, by, clock());
      return change(ownerId, NOT_PAUSED, { action: "owner.resumed", by, ifRevision: record.revision });
    },
  };
}
