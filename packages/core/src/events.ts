import { EventEmitter } from "node:events";
import type { ProblemCode } from "./admission/refusals.ts";
import type { ApiKey } from "./keys/record.ts";
import type { LimitResult } from "./limits/limiter.ts";
import { isThenable } from "./maybe-promise.ts";
import type { Limits, Policy } from "./limits/limits.ts";
import { warn } from "./warn.ts";

/** What can be heard of, and what is told. Never a raw key. */
export interface KeywardEventMap {
  /** A request was let through. `observed` names the policies that would have refused it. */
  admitted: {
    readonly key: ApiKey;
    readonly cost: number;
    readonly observed: readonly Policy[];
    readonly ip: string;
    readonly limits: Limits;
    /** After this request; absent where the limiter failed in observe mode. */
    readonly remaining?: LimitResult["remaining"];
    /** Where the option `requestIdHeader` is set. */
    readonly requestId?: string;
  };
  /** A request was refused. `key` is there where one was recognized. */
  refused: {
    readonly code: ProblemCode;
    readonly status: number;
    readonly ip: string;
    readonly key?: ApiKey;
    readonly violated: readonly Policy[];
    /** Where the option `requestIdHeader` is set. */
    readonly requestId?: string;
  };
  "key.created": { readonly key: ApiKey };
  /** A key that was issued elsewhere is taken from now on. */
  "key.imported": { readonly key: ApiKey };
  "key.updated": { readonly key: ApiKey };
  "key.revoked": { readonly key: ApiKey };
  "key.regenerated": { readonly key: ApiKey; readonly successor: ApiKey };
  "key.rotated": { readonly key: ApiKey; readonly successor: ApiKey };
  /** A key names a plan that the server has not; it is held to the plan `default`. */
  "plan.unknown": { readonly keyId: string; readonly plan: string };
  /**
   * A key was sent over plain HTTP and not revoked, because an operator has to confirm the revocations before it. See
   * the option `onPlaintextKey`.
   */
  "revocation.stopped": { readonly keyId: string };
  /** The key store failed. Requests of cached keys go on. */
  "store.failed": { readonly during: "lookup" | "usage" | "start" | "revocation"; readonly error: unknown };
  /** The limiter failed, and requests with it. */
  "limiter.failed": { readonly error: unknown };
  /** The limiter's server does not answer; until `limiter.recovered` it decides as `onUnavailable` says. */
  "limiter.degraded": { readonly error: unknown };
  /** The limiter's server answers again, after so many milliseconds. */
  "limiter.recovered": { readonly forMs: number };
}

/** The names that events are listened to by. */
export type KeywardEventName = keyof KeywardEventMap;
/** What is called with an event. What it throws is warned of, and harms no request. */
export type KeywardListener<Name extends KeywardEventName> = (event: KeywardEventMap[Name]) => void;

/** Listeners given at start: `{ refused(event) { … } }`. */
export type KeywardListeners = { readonly [Name in KeywardEventName]?: KeywardListener<Name> };

/** Every event there is: listeners are checked against it, so that a misspelt one is an error. */
export const EVENT_NAMES: readonly KeywardEventName[] = [
  "admitted",
  "refused",
  "key.created",
  "key.imported",
  "key.updated",
  "key.revoked",
  "key.regenerated",
  "key.rotated",
  "plan.unknown",
  "revocation.stopped",
  "store.failed",
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

/** Emits events to listeners, none of which can harm a request. */
export class KeywardEvents {
  readonly #emitter = new EventEmitter();
  /** How many listen, by event: read on the hot path, where asking the emitter would cost more. */
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

  /** Adds a listener; gives a function that removes it. */
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

  /** Whether anybody listens: spares the hot path an event that nobody hears. */
  hears(name: KeywardEventName): boolean {
    return this.#listeners[name] > 0;
  }

  emit<Name extends KeywardEventName>(name: Name, event: KeywardEventMap[Name]): void {
    this.#emitter.emit(name, event);
  }
}
