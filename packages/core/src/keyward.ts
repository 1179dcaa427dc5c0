import { admit } from "./admission/admit.ts";
import { createAttemptGuard } from "./admission/attempts.ts";
import type { Decision } from "./admission/decision.ts";
import { admissibleKey, limitsOf, type Pipeline } from "./admission/pipeline.ts";
import { PlaintextKeys } from "./admission/plaintext-keys.ts";
import { recognize } from "./admission/recognize.ts";
import type { AdmissionRequest } from "./admission/request.ts";
import type { Clock } from "./clock.ts";
import { KeywardEvents } from "./events.ts";
import { createAuditTrail, type AuditTrail } from "./keys/audit-trail.ts";
import { createIds } from "./keys/ids.ts";
import { createLifecycle } from "./keys/create-lifecycle.ts";
import type { KeyLifecycle } from "./keys/lifecycle.ts";
import type { ApiKey } from "./keys/record.ts";
import { createSeal, fingerprintOf } from "./keys/seal.ts";
import { VerifiedKeys } from "./keys/verified-keys.ts";
import { isLocal, type Limiter, type LimiterStatus, type LimitResult } from "./limits/limiter.ts";
import type { Limits } from "./limits/limits.ts";
import { checkMode, type Mode } from "./limits/plans.ts";
import { restoreDailyCounts } from "./limits/restore.ts";
import { whenReady, type MaybePromise } from "./maybe-promise.ts";
import { rejectSetting } from "./option-error.ts";
import { resolveOptions, type KeywardOptions } from "./options.ts";
import { createUsage, type Usage } from "./usage/query.ts";
import { UsageRecorder } from "./usage/recorder.ts";
import { warn } from "./warn.ts";

/** Where a key stands against its limits. */
export interface Quota extends LimitResult {
  readonly limits: Limits;
}

/**
 * How the parts fare. `failing` is a store that did not answer just now; `degraded` is a limiter that makes
 * do without its server. The status is the worst of them.
 */
export interface Health {
  readonly status: "ok" | "degraded" | "failing";
  readonly store: "ok" | "failing";
  readonly limiter: LimiterStatus;
}

/** What a server was told of keys: for a page or a program that is to offer the choices there are. */
export interface Configuration {
  /** The first is what new keys are of. */
  readonly environments: readonly string[];
  /** The request header that holds the key. */
  readonly header: string;
  readonly plans: readonly PlanDescription[];
}

/** A plan as people read it. */
export interface PlanDescription {
  readonly name: string;
  readonly limits: Limits;
  /** Whether each key has these limits, or all keys of an owner together. */
  readonly countBy: "key" | "owner";
  /** As it is now. */
  readonly mode: Mode;
}

/** One server's keys and limits. */
export interface Keyward {
  /** Decides a request: synchronously where nothing has to be awaited. */
  admit(request: AdmissionRequest): MaybePromise<Decision>;
  readonly keys: KeyLifecycle;
  readonly usage: Usage;
  readonly audit: AuditTrail;
  readonly events: KeywardEvents;
  configuration(): Configuration;
  /** Where a key stands, without counting anything. */
  quota(key: ApiKey): MaybePromise<Quota>;
  /** Switches between enforcing and observing limits, for the server or for one plan. */
  setMode(mode: Mode, options?: { readonly plan?: string }): void;
  health(): Promise<Health>;
  /** Stores what was gathered and releases every handle, the store's and the limiter's among them. */
  close(): Promise<void>;
}

/**
 * Puts keys, limits and admission together.
 *
 * @throws KeywardError `invalid-option` that names the option
 *
 * @example
 * ```ts
 * const kw = createKeyward({ secret: process.env.KEYWARD_SECRET, store: await sqliteStore("keyward.db") });
 * const { key, secret } = await kw.keys.create({ name: "billing" });
 * ```
 */
export function createKeyward(options: KeywardOptions = {}): Keyward {
  const settings = resolveOptions(options);
  const { store, limiter, clock, plans, environments, cache, failedAttempts } = settings;
  const { plaintextKeysConfirmedUntil } = settings;
  const events = new KeywardEvents(settings.listeners);
  const seal = createSeal(settings.secrets);
  const recorder = new UsageRecorder({
    store,
    clock,
    keepMs: settings.usageKeptMs,
    failed: (error) => events.emit("store.failed", { during: "usage", error }),
  });
  const verified = new VerifiedKeys(
    {
      ...cache,
      store,
      clock,
      storeFailed: (error) => events.emit("store.failed", { during: "lookup", error }),
    },
    (record, readAt) => admissibleKey(record, readAt, settings, events),
  );
  const keys = createLifecycle({
    store,
    seal,
    clock,
    ids: createIds(clock),
    events,
    environments,
    planNames: [...plans.keys()],
    recognize: (raw) => recognize({ settings, seal }, raw, fingerprintOf(raw))?.digests ?? [],
    forget(keyId) {
      verified.forget(keyId);
      limiter.changes?.publish(keyId);
    },
  });
  const stopWatching = [
    store.watch?.((changed) => {
      if (changed === undefined) verified.expire();
      else for (const keyId of changed) verified.forget(keyId);
    }),
    limiter.changes?.watch((keyId) => (keyId === undefined ? verified.expire() : verified.forget(keyId))),
    limiter.onStatus?.((change) =>
      change.status === "ok"
        ? events.emit("limiter.recovered", { forMs: change.forMs })
        : events.emit("limiter.degraded", { error: change.error }),
    ),
  ];
  const pipeline: Pipeline = {
    settings,
    seal,
    keys: verified,
    attempts: failedAttempts === undefined ? undefined : createAttemptGuard(failedAttempts),
    consume: consumeOf(limiter, clock),
    usage: recorder,
    events,
    plaintextKeys:
      plaintextKeysConfirmedUntil === undefined
        ? undefined
        : new PlaintextKeys({
            store,
            revoke: (keyId, by) => keys.revoke(keyId, by),
            confirmedUntil: plaintextKeysConfirmedUntil,
            stopped: (keyId) => events.emit("revocation.stopped", { keyId }),
          }),
    mode: settings.mode,
    starting: undefined,
  };
  const restoring = restoreDailyCounts(limiter, store, clock, recorder, events);
  pipeline.starting = restoring?.firstTry.finally(() => {
    pipeline.starting = undefined;
  });
  warnOfPlainHttp(settings.requireHttps);

  let closed: Promise<void> | undefined;
  async function release(): Promise<void> {
    for (const stop of stopWatching) stop?.();
    restoring?.stop();
    await pipeline.starting;
    try {
      await recorder.flush();
    } finally {
      pipeline.attempts?.close();
      await limiter.close();
      await store.close();
    }
  }

  return {
    admit: (request) => admit(pipeline, request),
    keys,
    usage: createUsage(store, recorder),
    audit: createAuditTrail(store),
    events,
    configuration: () => ({
      environments,
      header: settings.header,
      plans: [...plans].map(([name, { limits, countBy, mode }]) => ({
        name,
        limits,
        countBy,
        mode: mode ?? pipeline.mode,
      })),
    }),
    quota(key) {
      const { limits, subject } = limitsOf(key, settings);
      const peek = () => whenReady(limiter.peek(subject, limits), (result) => ({ ...result, limits }));
      return pipeline.starting === undefined ? peek() : pipeline.starting.then(peek);
    },
    setMode(mode, { plan: name } = {}) {
      checkMode(mode, "setMode");
      if (name === undefined) {
        pipeline.mode = mode;
        return;
      }
      const plan = plans.get(name);
      if (plan === undefined)
        rejectSetting("the plan of setMode", name, `one of ${[...plans.keys()].join(", ")}`);
      plan.mode = mode;
    },
    async health() {
      const storeStatus = await Promise.resolve()
        .then(() => store.ping())
        .then(() => "ok" as const)
        .catch(() => "failing" as const);
      const limiterStatus = limiter.status?.() ?? "ok";
      const status = storeStatus === "ok" ? limiterStatus : storeStatus;
      return { status, store: storeStatus, limiter: limiterStatus };
    },
    close: () => (closed ??= release()),
  };
}

function consumeOf(limiter: Limiter, clock: Clock): Pipeline["consume"] {
  if (isLocal(limiter) && limiter.clock === clock) return limiter.consumeAt.bind(limiter);
  return (subject, limits, cost) => limiter.consume(subject, limits, cost);
}

const warnedOf = new Set<string>();

/** Once in a process: whoever makes many, as tests do, has been told. */
function warnOfPlainHttp(requireHttps: "always" | "not-on-loopback" | "never"): void {
  if (requireHttps === "always" || warnedOf.has(requireHttps)) return;
  warnedOf.add(requireHttps);
  const where = requireHttps === "never" ? "from anywhere" : "from this machine";
  warn("KEYWARD_PLAIN_HTTP", `Keyward accepts keys over plain HTTP ${where}. This is for local work only.`);
}
