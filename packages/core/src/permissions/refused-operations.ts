import type { ActorLevel } from "../audit/audit-event.ts";
import type { CombinedEvents, CombinedEventsOptions } from "../audit/combined-events.ts";
import type { CreateAuditEvent } from "../audit/events.ts";
import { KeywardError } from "../errors.ts";
import { wrapCalls } from "../guard-calls.ts";
import { isId } from "../keys/ids.ts";

/** The most operations, and the most actors, that one event names. */
const MAX_NAMES = 10;

/** Operations that principals were not permitted to do. */
export interface RefusedOperations {
  readonly attempts: number;
  readonly actor: string;
  readonly otherActors: readonly string[];
  readonly level: ActorLevel;
  /** The owner of the principals; `undefined` for operators, and for principals of several owners. */
  readonly ownerId: string | undefined;
  /** The key, if all operations were on one key. */
  readonly keyId: string | undefined;
  /** Each with the field that was refused, such as `keys.create: plan`. */
  readonly operations: readonly string[];
}

/** Refused operations as audit events. */
export function combineRefusals(
  auditEvent: CreateAuditEvent,
): Pick<CombinedEventsOptions<RefusedOperations>, "merge" | "toEvent"> {
  return {
    merge: (earlier, later) => ({
      ...earlier,
      attempts: earlier.attempts + later.attempts,
      otherActors: addNames(earlier.otherActors, [later.actor, ...later.otherActors], earlier.actor),
      ownerId: earlier.ownerId === later.ownerId ? earlier.ownerId : undefined,
      keyId: earlier.keyId === later.keyId ? earlier.keyId : undefined,
      operations: addNames(earlier.operations, later.operations),
    }),
    toEvent({ address, occurrences, areOthers }) {
      const { attempts, actor, otherActors, level, ownerId = null, keyId = null, operations } = occurrences;
      const details = {
        attempts,
        operations,
        ...(otherActors.length > 0 && { otherActors }),
        ...(areOthers && { otherAddresses: true }),
      };
      return auditEvent("operation.refused", { keyId, ownerId }, { actor, level, address }, details);
    },
  };
}

function addNames(names: readonly string[], more: readonly string[], except?: string): readonly string[] {
  return [...new Set([...names, ...more])].filter((name) => name !== except).slice(0, MAX_NAMES);
}

/** The principal of an access. */
export interface RefusedPrincipal {
  readonly actor: string;
  readonly address: string | undefined;
  readonly ownerId: string | undefined;
  readonly level: ActorLevel;
}

/** Returns a function that records the refusals of calls: of each that rejects with `not-permitted`. */
export function recordRefusals(
  { actor, address, ownerId, level }: RefusedPrincipal,
  events: CombinedEvents<RefusedOperations>,
): <T extends object>(group: string, calls: T) => T {
  const name = `${ownerId ?? ""}\0${actor}`;

  function record(operation: string, keyId: string | undefined): Promise<void> {
    const refused = { attempts: 1, actor, otherActors: [], level, ownerId, keyId, operations: [operation] };
    return events.record(address, refused, name);
  }

  return (group, calls) =>
    wrapCalls(calls, async (call, method, [target]) => {
      try {
        return await call();
      } catch (error) {
        if (error instanceof KeywardError && error.code === "not-permitted") {
          const isKey = group !== "owners" && typeof target === "string" && isId(target);
          await record(`${group}.${method}: ${error.field ?? method}`, isKey ? target : undefined);
        }
        throw error;
      }
    });
}
