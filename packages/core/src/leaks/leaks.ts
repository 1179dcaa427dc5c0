import type { Actor } from "../audit/audit-event.ts";
import type { ApiKey } from "../keys/record.ts";

/** The action on a leaked key. */
export type LeakAction = "revoke" | "pause";

/** A text that was found in public and may be a key. */
export interface LeakReport {
  readonly token: string;
  /** The finder, such as `github`. */
  readonly source: string;
  /** The place where it was found. Keys in it are masked before it is stored. */
  readonly url?: string | undefined;
  /** The kind of place, such as `commit`. */
  readonly location?: string | undefined;
  /** Default: `revoke`. */
  readonly action?: LeakAction | undefined;
}

/** The result of a report. */
export interface LeakOutcome {
  /** True if the checksum of the token shows that it was issued here, or if the store has it as an imported key. */
  readonly isGenuine: boolean;
  /** The key as it is now. Absent if the store does not have it. */
  readonly key?: ApiKey;
}

/** Leaked keys. */
export interface Leaks {
  /**
   * Revokes or pauses a leaked key, and records where it was found in the audit log. A repeated report changes nothing: a key that was
   * resumed after it stays resumed. Rejects with `invalid-input` or a `store-…` code.
   */
  report(report: LeakReport, by?: Actor): Promise<LeakOutcome>;
}
