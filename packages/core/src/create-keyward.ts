import { toAdmissibleKey, type FindPlan } from "./admission/admissible-key.ts";
import { Admission } from "./admission/admit.ts";
import { createFailedAttempts, noFailedAttempts } from "./admission/attempts.ts";
import { refusePlaintext, revokePlaintext } from "./admission/plaintext-keys.ts";
import { PlaintextRevocations } from "./admission/plaintext-revocations.ts";
import { createKeyReader } from "./admission/presented-key.ts";
import { createRecognizer, hasKeyForm } from "./admission/recognize.ts";
import { exposedHeaders, Responses } from "./admission/responses.ts";
import { createAuditLog } from "./audit/audit-log.ts";
import { createAuditChain } from "./audit/chain.ts";
import { CombinedEvents } from "./audit/combined-events.ts";
import type { StoredAuditEvent } from "./audit/audit-event.ts";
import { createAuditEvents } from "./audit/events.ts";
import { claim } from "./claims.ts";
import type { Configuration } from "./configuration.ts";
import { EventDispatcher } from "./events.ts";
import { guardCalls } from "./guard-calls.ts";
import { HealthMonitor } from "./health.ts";
import { notFound } from "./keys/conflicts.ts";
import { createLifecycle } from "./keys/create-lifecycle.ts";
import { createIds } from "./keys/ids.ts";
import { checkText } from "./keys/input.ts";
import { checkSecret } from "./keys/secret-check.ts";
import { createSigner, fingerprintOf } from "./keys/signer.ts";
import { VerifiedKeys } from "./keys/verified-keys.ts";
import { createLeaks } from "./leaks/create-leaks.ts";
import { createCharger } from "./limits/charger.ts";
import { isLocal, type Limiter } from "./limits/limiter.ts";
import { createLimitsControl, readQuota, type Quota } from "./limits/limits-control.ts";
import { describePlan } from "./limits/plan-description.ts";
import { budgetNames, checkMode, type Plan } from "./limits/plans.ts";
import { StoredCounts } from "./limits/restore.ts";
import { warnOfSeveralProcesses } from "./limits/several-processes.ts";
import { createMe } from "./me/create-me.ts";
import { respondToMe } from "./me/respond.ts";
import { rejectSetting } from "./option-error.ts";
import { resolveOptions, type KeywardOptions, type Settings } from "./options.ts";
import type { NamesOf } from "./names.ts";
import { createOwners } from "./owners/create-owners.ts";
import { createAccess } from "./permissions/create-access.ts";
import { combineRefusals } from "./permissions/refused-operations.ts";
import type { KeyWithOwner, StoreChange } from "./store/key-store.ts";
import { createSessions } from "./sessions/create-sessions.ts";
import { combineFailures } from "./sessions/sign-in-failures.ts";
import { createUsage } from "./usage/query.ts";
import { UsageRecorder } from "./usage/recorder.ts";
import { warn } from "./warn.ts";
import type { Keyward } from "./keyward.ts";

/**
 * Creates a Keyward: keys, limits and admission for one server.
 *
 * @throws KeywardError `invalid-option` that names the option, and says what is accepted
 *
 * @example
 * ```ts
 * const kw = createKeyward({ secret: process.env.KEYWARD_SECRET, store: await sqliteStore("keyward.db") });
 * const { key, secret } = await kw.keys.create({ name: "billing" });
 * ```
 */
export function createKeyward<const Options extends KeywardOptions>(
  options: Options,
): Keyward<NamesOf<Options>>;
/** Creates a Keyward that keeps everything in memory, with the plan `default`. */
export function createKeyward(): Keyward<NamesOf>;
export function createKeyward(options: KeywardOptions = {}): Keyward {
  const settings = resolveOptions(options);
  const { store, limiter, clock, plans, environments, keyFrom, changes } = settings;
  checkLimiter(limiter, plans);
  const events = new EventDispatcher(settings.listeners);
  const signer = createSigner(settings.secrets);
  const { prefix, prefixes, importedKeys, catalogue, keyPolicy, plaintextKeysConfirmedUntil } = settings;
  const recognize = createRecognizer({ signer, prefixes, importedKeys });
  const recorder = new UsageRecorder({
    store,
    clock,
    keepMs: settings.usageKeptMs,
    failed: (error) => events.emit("store.failed", { during: "usage", error }),
  });
  const storedCounts =
    store.durable && isLocal(limiter)
      ? new StoredCounts({
          store,
          recorder,
          clock,
          failed: (error) => events.emit("store.failed", { during: "counts", error }),
        })
      : undefined;
  if (storedCounts !== undefined && isLocal(limiter)) limiter.setJournal(storedCounts);

  const findPlan: FindPlan = (name) => plans.get(name ?? "default") ?? (plans.get("default") as Plan);
  const accepts = { findPlan, environments };
  const verified = new VerifiedKeys(
    {
      ...settings.cache,
      store,
      clock,
      storeFailed: (error) => events.emit("store.failed", { during: "lookup", error }),
    },
    (found, readAt) => {
      for (const plan of [found.key.plan, found.owner?.plan ?? null]) {
        if (plan !== null && !plans.has(plan)) events.emit("plan.unknown", { keyId: found.key.id, plan });
      }
      return toAdmissibleKey(found, accepts, readAt, clock());
    },
  );

  const ids = createIds(clock);
  const chain = createAuditChain(signer);
  store.useAuditChain(chain);
  const auditEvent = createAuditEvents(clock, ids, chain);
  const planNames = [...plans.keys()];
  const secretCheck = store.durable
    ? checkSecret(store, signer, (error) => events.emit("store.failed", { during: "start", error }))
    : undefined;
  /** Rejects every call of a Keyward whose secret is wrong. */
  async function requireSecret(): Promise<void> {
    await secretCheck?.firstTry;
    if (secretCheck?.mismatch !== undefined) throw secretCheck.mismatch;
  }

  const lifecycle = createLifecycle({
    store,
    signer,
    prefix,
    policy: keyPolicy,
    catalogue,
    clock,
    ids,
    auditEvent,
    events,
    environments,
    planNames,
    recognize: (raw) => recognize(raw, fingerprintOf(raw))?.digests ?? [],
    forget(keyId) {
      verified.forget(keyId);
      changes?.publish({ keyIds: [keyId] });
    },
  });
  const keys = guardCalls(lifecycle, requireSecret);
  const ownerCalls = createOwners({
    store,
    clock,
    auditEvent,
    events,
    planNames,
    canLimitOwners: limiter.consumeAll !== undefined,
    forget(ownerId) {
      verified.forgetOwner(ownerId);
      changes?.publish({ ownerIds: [ownerId] });
    },
  });
  const owners = guardCalls(ownerCalls, requireSecret);
  const limitsControl = createLimitsControl({
    store,
    limiter,
    auditEvent,
    events,
    budgetNames: budgetNames(plans),
    publish: (change) => changes?.publish(change),
  });

  const limits = guardCalls(limitsControl, requireSecret);
  const combining = {
    append: (event: StoredAuditEvent) => store.appendAudit(event),
    clock,
    failed: (error: unknown) => events.emit("store.failed", { during: "audit", error }),
  };
  const signInFailures = new CombinedEvents({ ...combining, ...combineFailures(auditEvent) });
  const refusals = new CombinedEvents({ ...combining, ...combineRefusals(auditEvent) });
  const deriveKey = (purpose: string) => signer.deriveKey(checkText(purpose, "purpose"));
  const sessions = guardCalls(
    createSessions({ store, clock, ids, auditEvent, deriveKey, failures: signInFailures }),
    requireSecret,
  );

  const leaks = guardCalls(
    createLeaks({ store, keys: lifecycle, recognize, auditEvent, events }),
    requireSecret,
  );

  const attempts =
    settings.failedAttempts === undefined ? noFailedAttempts : createFailedAttempts(settings.failedAttempts);
  const readPresentedKey = createKeyReader(keyFrom, (token) => hasKeyForm(token, importedKeys));
  const admission = new Admission({
    settings,
    readPresentedKey,
    recognize,
    keys: verified,
    attempts,
    plaintextKeys:
      plaintextKeysConfirmedUntil === undefined
        ? refusePlaintext
        : revokePlaintext({
            readPresentedKey,
            clock,
            recognize,
            keys: verified,
            revocations: new PlaintextRevocations({
              store,
              revoke: (keyId, by) => keys.revoke(keyId, by),
              confirmedUntil: plaintextKeysConfirmedUntil,
              stopped: (keyId) => events.emit("revocation.stopped", { keyId }),
            }),
            failed: (error) => events.emit("store.failed", { during: "revocation", error }),
          }),
    charger: createCharger(limiter, clock),
    usage: recorder,
    responses: new Responses(settings, events),
    budgetNames: budgetNames(plans),
    findPlan,
    limiterFailed: (error) => events.emit("limiter.failed", { error }),
    hasWrongSecret: () => secretCheck?.mismatch !== undefined,
  });

  admission.starting = secretCheck?.firstTry.then(() => {
    admission.starting = undefined;
  });

  /** Puts a change of another process in force here. */
  function follow(change: StoreChange | undefined): void {
    if (change === undefined) return verified.expire();
    for (const keyId of change.keyIds ?? []) verified.forget(keyId);
    for (const ownerId of change.ownerIds ?? []) verified.forgetOwner(ownerId);
    for (const subject of change.resetSubjects ?? []) {
      storedCounts?.discard(subject);
      if (isLocal(limiter)) limiter.forget(subject);
    }
    return undefined;
  }
  const health = new HealthMonitor(store, limiter, clock);
  events.on("store.failed", () => health.noteFailure("store"));
  const stopWatching = [
    store.watch?.(follow),
    changes?.watch(follow),
    limiter.onStatus?.((change) => {
      if (change.status === "ok") {
        health.noteRecovery("limiter");
        events.emit("limiter.recovered", { forMs: change.forMs });
      } else {
        health.noteFailure("limiter");
        events.emit("limiter.degraded", { error: change.error });
      }
    }),
  ];
  warnOfPlainHttp(settings.requireHttps);
  if (isLocal(limiter)) warnOfSeveralProcesses();

  let closed: Promise<void> | undefined;
  async function release(): Promise<void> {
    for (const stop of stopWatching) stop?.();
    secretCheck?.stop();
    storedCounts?.close();
    try {
      await recorder.flush();
      await signInFailures.close();
      await refusals.close();
    } finally {
      attempts.close();
      await changes?.close();
      await limiter.close();
      await store.close();
    }
  }

  const usage = guardCalls(createUsage(store, recorder, clock), requireSecret);
  const audit = createAuditLog({ store, chain, clock, auditEvent, ready: requireSecret });
  async function findWithOwner(id: string): Promise<KeyWithOwner> {
    const key = await store.find(id);
    if (key === undefined) throw notFound(id);
    return { key, owner: key.ownerId === null ? undefined : await store.findOwner(key.ownerId) };
  }
  async function quota(id: string): Promise<Quota> {
    await requireSecret();
    const now = clock();
    return readQuota(toAdmissibleKey(await findWithOwner(id), accepts, now, now), limiter);
  }

  function configuration(): Configuration {
    return {
      environments,
      keyFrom,
      exposedHeaders: exposedHeaders(settings),
      canSettle: limiter.correct !== undefined,
      plans: [...plans.values()].map((plan) => describePlan(plan, admission.mode)),
      ...(catalogue !== undefined && { scopes: catalogue }),
      keyPolicy,
    };
  }

  const writeMe = createMe({
    limiter,
    // Usage is up to half a second behind: a request does not make the store write.
    usage: createUsage(store, { flush: async () => {} }, clock),
    clock,
    includesOwner: settings.me.owner,
    storeFailed: (error) => events.emit("store.failed", { during: "usage", error }),
  });

  return {
    admit: (request) => admission.admit(request),
    me: (request) => respondToMe(admission, request, writeMe),
    keys,
    owners,
    usage,
    audit,
    limits,
    sessions,
    leaks,
    deriveKey,
    events,
    configuration,
    quota: ({ id }) => quota(id),
    as: (principal) =>
      createAccess(principal, {
        keys,
        owners,
        usage,
        audit,
        limits,
        sessions,
        store,
        clock,
        configuration,
        environments,
        quota,
        async planLimits({ id }) {
          const { key, owner } = await findWithOwner(id);
          return findPlan(key.plan ?? owner?.plan ?? null).limits;
        },
        ownerPlanLimits: (plan) => findPlan(plan ?? null).owner,
        refusals,
      }),
    setMode(mode, { plan: name } = {}) {
      checkMode(mode, "setMode");
      if (name === undefined) admission.mode = mode;
      else existingPlan(plans, name).mode = mode;
    },
    async claim(name, until) {
      await requireSecret();
      return claim(store, { name, until }, clock());
    },
    async flush() {
      await recorder.flush();
      await signInFailures.writeDue();
      await refusals.writeDue();
    },
    health: (query) => health.read(query),
    ready: async () => secretCheck?.ready(),
    close: () => (closed ??= release()),
  };
}

/** Requires a limiter that can charge what the plans limit. */
function checkLimiter(limiter: Limiter, plans: Settings["plans"]): void {
  if (limiter.consumeAll !== undefined) return;
  for (const { name, owner, budgets } of plans.values()) {
    const [budget] = budgets.keys();
    const limited = owner === undefined ? budget && `budgets.${budget}` : "owner";
    if (limited !== undefined) {
      rejectSetting(
        "limiter",
        limiter,
        `one that charges several subjects, because of plans.${name}.${limited}`,
      );
    }
  }
}

function existingPlan(plans: Settings["plans"], name: string): Plan {
  return (
    plans.get(name) ?? rejectSetting("the plan of setMode", name, `one of ${[...plans.keys()].join(", ")}`)
  );
}

const warnedOf = new Set<string>();

/** Warns once per process, since tests create many. */
function warnOfPlainHttp(requireHttps: Settings["requireHttps"]): void {
  if (requireHttps === "always" || warnedOf.has(requireHttps)) return;
  warnedOf.add(requireHttps);
  const where = requireHttps === "never" ? "from anywhere" : "from this machine";
  warn("KEYWARD_PLAIN_HTTP", `Keyward accepts keys over plain HTTP ${where}. This is for local work only.`);
}
