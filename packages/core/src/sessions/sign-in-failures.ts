import type { CombinedEventsOptions } from "../audit/combined-events.ts";
import type { CreateAuditEvent } from "../audit/events.ts";

/** Failed sign-ins. */
export interface FailureCount {
  readonly attempts: number;
  /** The number that was refused without a check, because there were too many. */
  readonly throttled: number;
}

/** Failed sign-ins as audit events. */
export function combineFailures(
  auditEvent: CreateAuditEvent,
): Pick<CombinedEventsOptions<FailureCount>, "merge" | "toEvent"> {
  return {
    merge: (earlier, later) => ({
      attempts: earlier.attempts + later.attempts,
      throttled: earlier.throttled + later.throttled,
    }),
    toEvent: ({ address, occurrences, areOthers }) =>
      auditEvent(
        "sign-in.failed",
        {},
        { actor: "anonymous", address },
        { ...occurrences, ...(areOthers && { otherAddresses: true }) },
      ),
  };
}
