import type { AuditAction } from "./audit.ts";
import { checkFields, checkPageSize, checkText } from "./input.ts";
import type { JsonValue } from "./record.ts";
import type { KeyStore } from "./store.ts";

/** One act, as people read it. */
export interface AuditRow {
  readonly id: string;
  readonly at: Date;
  readonly action: AuditAction;
  readonly keyId: string;
  readonly actor: string;
  readonly address?: string;
  readonly details: Readonly<Record<string, JsonValue>>;
}

/** Which acts are asked for: all of them if nothing is said. */
export interface ListAuditQuery {
  readonly keyId?: string;
  /** Acts on the keys of an owner. */
  readonly ownerId?: string;
  /** `nextCursor` of the page before. */
  readonly cursor?: string;
  /** Entries a page, 1 to 1000; 50 if left out. */
  readonly limit?: number;
}

/** Who did what to which key, when and from where. Nothing is ever taken out of it. */
export interface AuditTrail {
  /** Newest first. */
  list(
    query?: ListAuditQuery,
  ): Promise<{ readonly entries: readonly AuditRow[]; readonly nextCursor?: string }>;
}

export function createAuditTrail(store: KeyStore): AuditTrail {
  return {
    async list(query = {}) {
      checkFields(query, ["keyId", "ownerId", "cursor", "limit"], "audit.list");
      const limit = checkPageSize(query.limit ?? 50);
      const before = query.cursor === undefined ? undefined : checkText(query.cursor, "cursor");
      const found = await store.listAudit(
        { keyId: query.keyId, ownerId: query.ownerId },
        { before, limit: limit + 1 },
      );
      const entries = found.slice(0, limit).map(({ at, address, ...entry }) => ({
        ...entry,
        at: new Date(at),
        ...(address !== null && { address }),
      }));
      const last = entries.at(-1);
      return found.length > limit && last !== undefined ? { entries, nextCursor: last.id } : { entries };
    },
  };
}
