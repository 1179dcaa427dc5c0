import { EventEmitter } from "node:events";
import type { ProblemCode } from "./admission/refusals.ts";
import type { Alert } from "./alerts/alert.ts";
import type { ApiKey } from "./keys/record.ts";
import type { Policy } from "./limits/limits.ts";
import { isThenable } from "./maybe-promise.ts";
import type { Owner } from "./owners/owner.ts";
import { warn } from "./warn.ts";

/** Events by name, with what each carries. Never a raw key. */
export interface KeywardEventMap {
  /** A request was admitted. `observed` are the policies that would have refused it. */
  admitted: {
    /** Absent for an anonymous request. */
    readonly key?: ApiKey;
    /** The name of the plan that applies. */
    readonly plan: string;
    /** The cost that was added by this mount. */
    readonly cost: number;
    readonly observed: readonly Policy[];
    readonly ip: string;
    /** The limit of each policy, in requests. */
    readonly limits: Readonly<Record<Policy, number>>;
    /** Remaining requests of each policy after this request. */
    readonly remaining: Readonly<Record<Policy, number>>;
    /** Milliseconds until each policy is whole again if nothing else comes. */
    readonly resetMs: Readonly<Record<Policy, number>>;
    /** Present where the option `requestIdHeader` is set. */
    readonly requestId?: string;
  };
  /** A request was refused. `key` is present where one was recognized. */
  refused: {
    readonly code: ProblemCode;
    readonly status: number;
    readonly ip: string;
    readonly key?: ApiKey;
    readonly violated: readonly Policy[];
    /** Present where the option `requestIdHeader` is set. */
    readonly requestId?: string;
  };
  "key.created": { readonly key: ApiKey };
  /** A key that was issued elsewhere was imported. */
  "key.imported": { readonly key: ApiKey };
  "key.updated": { readonly key: ApiKey };
  "key.paused": { readonly key: ApiKey };
  "key.resumed": { readonly key: ApiKey };
  "key.revoked": { readonly key: ApiKey };
  "key.rotated": { readonly key: ApiKey; readonly successor: ApiKey };
  /** A key was found in public, and revoked or paused. */
  "key.leaked": { readonly key: ApiKey; readonly source: string; readonly url?: string };
  "owner.updated": { readonly owner: Owner };
  "owner.paused": { readonly owner: Owner };
  "owner.resumed": { readonly owner: Owner };
  /** The counts of a key line or an owner were reset. */
  "limits.reset": { readonly keyId?: string; readonly ownerId?: string };
  /** A key or an owner names a plan that the server does not have; `default` applies. */
  "plan.unknown": { readonly keyId: string; readonly plan: string };
  /**
   * A key was sent over plain HTTP and not revoked, because an operator has to confirm the revocations before it. See
   * the option `onPlaintextKey`.
   */
  "revocation.stopped": { readonly keyId: string };
  /** The store failed. Requests of cached keys are still admitted. */
  "store.failed": {
    readonly during: "start" | "lookup" | "usage" | "counts" | "revocation" | "audit";
    readonly error: unknown;
  };
  /** `watchKeys` sent an alert. */
  alert: Alert;
  /** The limiter failed, and requests with it. */
  "limiter.failed": { readonly error: unknown };
  /** The limiter's server does not respond; until `limiter.recovered` it decides as `onUnavailable` says. */
  "limiter.degraded": { readonly error: unknown };
  /** The limiter's server responds again, after so many milliseconds. */
  "limiter.recovered": { readonly forMs: number };
}

/** The names of events. */
export type KeywardEventName = keyof KeywardEventMap;
/** A listener. What it throws is a warning, and harms no request. */
export type KeywardListener<Name extends KeywardEventName> = (event: KeywardEventMap[Name]) => void;

/** Listeners by event name: `{ refused(event) { … } }`. */
export type KeywardListeners = { readonly [Name in KeywardEventName]?: KeywardListener<Name> };

/** All events: listeners are checked against them, so that a misspelt name is an error. */
export const EVENT_NAMES: readonly KeywardEventName[] = [
  "admitted",
  "refused",
  "key.created",
  "key.imported",
  "key.updated",
  "key.paused",
  "key.resumed",
  "key.revoked",
  "key.rotated",
  "key.leaked",
  "owner.updated",
  "owner.paused",
  "owner.resumed",
  "limits.reset",
  "plan.unknown",
  "revocation.stopped",
  "store.failed",
  "alert",
  "limiter.failed",
  "limiter.degraded",
  "limiter.recovered",
];

/**
 * A listener whose failures become warnings, so that they harm no request. An async function is a listener too: its
 * rejection would end the process.
 */
export function guardListener<Event>(name: string, listener: (event: Event) => void): (event: Event) => void {
  const failed = (error: unknown) => warn("KEYWARD_LISTENER", `${name} threw: ${String(error)}`);
  return (event) => {
    try {
      const returned: unknown = listener(event);
      if (isThenable(returned)) Promise.resolve(returned).catch(failed);
    } catch (error) {
      failed(error);
    }
  };
}

/** The events of a Keyward, as an application sees them. */
export interface KeywardEvents {
  /** Adds a listener. Returns a function that removes it. A listener that throws causes a warning and affects no request. */
  on<Name extends KeywardEventName>(name: Name, listener: KeywardListener<Name>): () => void;
}

/** Emits an event of a Keyward from one of the other entry points, such as `/alerts`. */
export function emitEvent<Name extends KeywardEventName>(
  events: KeywardEvents,
  name: Name,
  event: KeywardEventMap[Name],
): void {
  (events as EventDispatcher).emit(name, event);
}

/** Emits events to listeners. */
export class EventDispatcher implements KeywardEvents {
  readonly #emitter = new EventEmitter();
  /** The number of listeners by event: read on the hot path, where asking the emitter would cost more. */
  readonly #listeners = Object.fromEntries(EVENT_NAMES.map((name) => [name, 0])) as Record<
    KeywardEventName,
    number
  >;

  constructor(listeners: KeywardListeners = {}) {
    for (const name of EVENT_NAMES) {
      const listener = listeners[name];
      if (listener !== undefined) this.on(name, listener as KeywardListener<typeof name>);
    }
  }

  on<Name extends KeywardEventName>(name: Name, listener: KeywardListener<Name>): () => void {
    const guarded = guardListener(`A listener of "${name}"`, listener);
    this.#emitter.on(name, guarded);
    this.#listeners[name] += 1;
    let listening = true;
    return () => {
      if (!listening) return;
      listening = false;
      this.#listeners[name] -= 1;
      this.#emitter.off(name, guarded);
    };
  }

  /** True if an event has listeners: lets the hot path skip events without listeners. */
  hasListeners(name: KeywardEventName): boolean {
    return this.#listeners[name] > 0;
  }

  emit<Name extends KeywardEventName>(name: Name, event: KeywardEventMap[Name]): void {
    this.#emitter.emit(name, event);
  }
}
