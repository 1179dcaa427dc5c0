import type { Actor } from "../audit/audit-event.ts";
import { changesBetween, type CreateAuditEvent } from "../audit/events.ts";
import type { Clock } from "../clock.ts";
import { KeywardError } from "../errors.ts";
import type { EventDispatcher } from "../events.ts";
import type { ChangeOutcome, KeyStore } from "../store/key-store.ts";
import { isReplaceable, notFound, refusal, refuseOtherRevision } from "./conflicts.ts";
import { maskImported } from "./format.ts";
import { generateKey } from "./generate.ts";
import type { createIds } from "./ids.ts";
import {
  checkChoice,
  checkDuration,
  checkFields,
  checkFutureDate,
  checkHint,
  checkMetadata,
  checkObject,
  checkRevision,
  checkSha256,
  checkText,
  MAX_TIME_MS,
} from "./input.ts";
import type {
  CreatedKey,
  CreateKeyInput,
  ImportKeyInput,
  KeyLifecycle,
  RotateKeyOptions,
  UpdateKeyInput,
} from "./lifecycle.ts";
import { applyPolicy, type KeyPolicy } from "./key-policy.ts";
import { checkKeyQuery, checkListing, nextCursor } from "./listing.ts";
import { newFields } from "./new-fields.ts";
import { newRecord } from "./new-record.ts";
import { checkOwnSettings, checkPause, checkPauseLevel, NOT_PAUSED } from "./own-settings.ts";
import { isPaused, statusOf, toApiKey, type ApiKey, type KeyChange, type KeyRecord } from "./record.ts";
import { checkScopeList, type ScopeCatalogue } from "./scopes.ts";
import type { KeySigner } from "./signer.ts";

export interface LifecycleOptions {
  readonly store: KeyStore;
  readonly signer: KeySigner;
  /** The prefix of new keys. */
  readonly prefix: string | undefined;
  readonly policy: KeyPolicy;
  readonly catalogue: ScopeCatalogue | undefined;
  readonly clock: Clock;
  readonly ids: ReturnType<typeof createIds>;
  readonly auditEvent: CreateAuditEvent;
  readonly events: EventDispatcher;
  readonly environments: readonly [string, ...string[]];
  readonly planNames: readonly string[];
  /** The digests that the store may have for a raw key; none for a forged one. */
  readonly recognize: (raw: string) => readonly string[];
  /** Applies a change of a key. Called after the store has committed. */
  readonly forget: (keyId: string) => void;
}

const CREATE_FIELDS = [
  "name",
  "ownerId",
  "environment",
  "scopes",
  "plan",
  "limits",
  "allowedAddresses",
  "expiresAt",
  "metadata",
  "idempotencyKey",
];
const IMPORT_FIELDS = [...CREATE_FIELDS, "sha256", "hint"];
const UPDATE_FIELDS = [
  "name",
  "scopes",
  "plan",
  "limits",
  "allowedAddresses",
  "expiresAt",
  "metadata",
  "ifRevision",
];
const DEFAULT_OVERLAP_MS = 24 * 60 * 60 * 1000;
const MAX_ATTEMPTS = 10;

/** `KeyLifecycle`, with what only permissions use. */
export interface BoundedLifecycle extends KeyLifecycle {
  /** @param maxKeys the most active key lines that the owner may have */
  create(input: CreateKeyInput, by?: Actor, maxKeys?: number): Promise<CreatedKey>;
  /** @param maxKeys the same */
  import(input: ImportKeyInput, by?: Actor, maxKeys?: number): Promise<ApiKey>;
}

export function createLifecycle(options: LifecycleOptions): BoundedLifecycle {
  const { store, signer, prefix, policy, catalogue, clock, ids, auditEvent, events, environments } = options;
  const { planNames, recognize, forget } = options;

  async function findExisting(id: string): Promise<KeyRecord> {
    const record = await store.find(id);
    if (record === undefined) throw notFound(id);
    return record;
  }

  async function insert(
    record: KeyRecord,
    action: "key.created" | "key.imported",
    by: Actor,
    maxKeys?: number,
  ): Promise<ApiKey> {
    const { id, name, ownerId } = record;
    const event = auditEvent(action, { keyId: id, ownerId }, by, { name, changes: newFields(record) });
    const bounds = maxKeys === undefined ? undefined : { maxKeys, now: clock() };
    const inserted = await store.insert(record, event, bounds);
    if (inserted.outcome === "too-many") {
      throw new KeywardError(
        "not-permitted",
        `The owner has ${maxKeys} active keys, which is the most that are permitted.`,
        {
          field: "maxKeys",
        },
      );
    }
    if (inserted.outcome === "duplicate") {
      const { id: earlier } = inserted.record;
      throw new KeywardError(
        "already-created",
        `This request created key ${earlier} before, and its secret was shown then. Rotate the key if the secret was lost.`,
        { keyId: earlier },
      );
    }
    const key = toApiKey(record, clock());
    events.emit(action, { key });
    return key;
  }

  /** Requires that a change was made, and applies it. */
  function applied(id: string, result: ChangeOutcome): KeyRecord {
    if (result.outcome === "not-found") throw notFound(id);
    if (result.outcome === "refused") throw refusal(result.record);
    forget(id);
    return result.record;
  }

  function checkUpdate(input: UpdateKeyInput, old: KeyRecord): KeyChange {
    const { name, scopes, expiresAt, metadata } = input;
    const now = clock();
    return {
      ...(name !== undefined && { name: checkText(name, "name") }),
      ...(scopes !== undefined && { scopes: checkScopeList(scopes, catalogue) }),
      ...checkOwnSettings(input, planNames, now),
      ...(expiresAt !== undefined && {
        expiresAt: applyPolicy(
          policy,
          expiresAt === null ? null : checkFutureDate(expiresAt, "expiresAt", now),
          old.createdAt,
        ),
      }),
      ...(metadata !== undefined && { metadata: checkMetadata(metadata) }),
    };
  }

  /** The expiry of a successor: by default it has the lifetime of the original. */
  function expiryOf(old: KeyRecord, { expiresAt }: RotateKeyOptions, now: number): number | null {
    if (expiresAt === null) return applyPolicy(policy, null, now);
    if (expiresAt !== undefined)
      return applyPolicy(policy, checkFutureDate(expiresAt, "expiresAt", now), now);
    const lifetimeMs = old.expiresAt === null ? undefined : old.expiresAt - old.createdAt;
    // A policy that is stricter by now holds for the successor.
    const latest = applyPolicy({ maxLifetimeDays: policy.maxLifetimeDays }, undefined, now) ?? Infinity;
    const end = lifetimeMs === undefined ? latest : Math.min(now + lifetimeMs, latest, MAX_TIME_MS);
    return end === Infinity ? null : end;
  }

  /**
   * Reads a key and changes it. If the key was changed in between, starts again, so that what was read and decided holds for the
   * record that is changed. `attempt` returns undefined in that case.
   */
  async function changeExisting<T>(
    id: string,
    ifRevision: number | undefined,
    attempt: (old: KeyRecord) => Promise<T | undefined>,
  ): Promise<T> {
    for (let count = 0; count < MAX_ATTEMPTS; count += 1) {
      const old = await findExisting(id);
      refuseOtherRevision(old, ifRevision);
      const result = await attempt(old);
      if (result !== undefined) return result;
    }
    throw new KeywardError(
      "key-changed",
      `Key ${id} was changed by someone else in each of ${MAX_ATTEMPTS} attempts.`,
    );
  }

  /** Pauses or resumes a key. `undefined` if the key was changed since it was read. */
  async function setPause(
    old: KeyRecord,
    change: KeyChange,
    action: "key.paused" | "key.resumed",
    by: Actor,
  ): Promise<ApiKey | undefined> {
    const { id, ownerId, revision } = old;
    checkPauseLevel(old, by, clock());
    const changes = changesBetween({ ...old }, { ...change });
    const event = auditEvent(action, { keyId: id, ownerId }, by, { changes });
    const outcome = await store.change(id, change, () => event, { ifRevision: revision });
    if (outcome.outcome === "refused" && outcome.record.revokedAt === null) return undefined;
    const key = toApiKey(applied(id, outcome), clock());
    events.emit(action, { key });
    return key;
  }

  /** Creates a successor of a key. `undefined` if the key was changed since it was read. */
  async function replace(
    old: KeyRecord,
    overlapMs: number,
    rotateOptions: RotateKeyOptions,
    by: Actor,
  ): Promise<CreatedKey | undefined> {
    const { id, ownerId, revision } = old;
    if (!isReplaceable(old)) throw refusal(old);
    const now = clock();
    if (statusOf(old, now) === "expired") {
      throw new KeywardError(
        "key-conflict",
        `Key ${id} has expired. Give it a later expiry first, or create a new key.`,
      );
    }
    const { secret, digest } = generateKey(prefix, old.environment, signer);
    const successor: KeyRecord = {
      ...old,
      id: ids("key"),
      digest,
      masked: secret.masked,
      createdAt: now,
      expiresAt: expiryOf(old, rotateOptions, now),
      lastUsedAt: null,
      lastUsedAddress: null,
      revision: 1,
      idempotencyKey: null,
    };
    const end =
      overlapMs === 0
        ? { revokedAt: now }
        : { expiresAt: Math.min(now + overlapMs, old.expiresAt ?? MAX_TIME_MS) };
    const change: KeyChange = { ...end, rotatedTo: successor.id };
    const created = { name: successor.name, replaces: id, changes: newFields(successor) };
    const changes = changesBetween({ ...old }, end);
    const auditEvents = [
      auditEvent("key.rotated", { keyId: id, ownerId }, by, { successor: successor.id, overlapMs, changes }),
      auditEvent("key.created", { keyId: successor.id, ownerId }, by, created),
    ];
    const outcome = await store.replace(id, change, successor, { events: auditEvents, ifRevision: revision });
    if (outcome.outcome === "refused" && isReplaceable(outcome.record)) return undefined;
    const record = applied(id, outcome);
    const at = clock();
    const key = toApiKey(successor, at);
    events.emit("key.rotated", { key: toApiKey(record, at), successor: key });
    events.emit("key.created", { key });
    return { key, secret };
  }

  return {
    async create(input, by = {}, maxKeys?: number) {
      checkObject(input, "create", "at least a name");
      checkFields(input, CREATE_FIELDS, "create");
      const environment = checkChoice(input.environment ?? environments[0], "environment", environments);
      const { secret, digest } = generateKey(prefix, environment, signer);
      const made = { id: ids("key"), digest, masked: secret.masked, environment };
      const record = newRecord(made, input, { planNames, catalogue, policy }, clock());
      return { key: await insert(record, "key.created", by, maxKeys), secret };
    },

    async import(input, by = {}, maxKeys?: number) {
      checkObject(input, "import", "at least a sha256 and a name");
      checkFields(input, IMPORT_FIELDS, "import");
      const environment = checkChoice(input.environment ?? environments[0], "environment", environments);
      const [digest] = signer.importedDigests(Buffer.from(checkSha256(input.sha256), "hex"));
      const label = input.hint === undefined ? digest.slice(0, 8) : checkHint(input.hint);
      const made = { id: ids("key"), digest, masked: maskImported(label), environment };
      const record = newRecord(made, input, { planNames, catalogue, policy }, clock());
      return insert(record, "key.imported", by, maxKeys);
    },

    async get(id) {
      const record = await store.find(id);
      return record === undefined ? undefined : toApiKey(record, clock());
    },

    async identify(raw) {
      for (const digest of recognize(raw)) {
        const found = await store.findByDigest(digest);
        if (found !== undefined) return toApiKey(found.key, clock());
      }
      return undefined;
    },

    async list(query = {}) {
      const now = clock();
      const { filter, order, after, limit } = checkListing(query, now);
      const found = await store.list(filter, { order, after, limit: limit + 1 });
      const page = found.slice(0, limit);
      const keys = page.map((record) => toApiKey(record, now));
      const last = page.at(-1);
      return found.length > limit && last !== undefined
        ? { keys, nextCursor: nextCursor(last, order) }
        : { keys };
    },

    count: async (query = {}) => store.count(checkKeyQuery(query, clock())),

    async update(id, input, by = {}) {
      checkObject(input, "update", "the fields to change");
      checkFields(input, UPDATE_FIELDS, "update");
      const ifRevision = checkRevision(input.ifRevision);
      const old = await findExisting(id);
      const change = checkUpdate(input, old);
      const subject = { keyId: id, ownerId: old.ownerId };
      const event = (before: KeyRecord) =>
        auditEvent("key.updated", subject, by, { changes: changesBetween({ ...before }, { ...change }) });
      // A key that was rotated ends with its overlap: its expiry cannot be changed.
      const guard = { unlessReplaced: change.expiresAt !== undefined, ifRevision };
      const outcome = await store.change(id, change, event, guard);
      if (outcome.outcome === "refused") refuseOtherRevision(outcome.record, ifRevision);
      const key = toApiKey(applied(id, outcome), clock());
      events.emit("key.updated", { key });
      return key;
    },

    async pause(id, pauseOptions = {}, by = {}) {
      checkObject(pauseOptions, "pause", "a reason or an end, or be left out");
      const pause = checkPause(pauseOptions, by, clock());
      const ifRevision = checkRevision(pauseOptions.ifRevision);
      return changeExisting(id, ifRevision, async (old) => setPause(old, pause, "key.paused", by));
    },

    async resume(id, by = {}) {
      return changeExisting(id, undefined, async (old) =>
        old.revokedAt === null && !isPaused(old, clock())
          ? toApiKey(old, clock())
          : setPause(old, NOT_PAUSED, "key.resumed", by),
      );
    },

    async revoke(id, by = {}, guard = {}) {
      checkObject(guard, "revoke", "a revision, or be left out");
      checkFields(guard, ["ifRevision"], "revoke");
      const ifRevision = checkRevision(guard.ifRevision);
      const old = await findExisting(id);
      const change = { revokedAt: clock() };
      const changes = changesBetween({ ...old, revokedAt: null }, change);
      const event = auditEvent("key.revoked", { keyId: id, ownerId: old.ownerId }, by, { changes });
      const result = await store.change(id, change, () => event, { ifRevision });
      if (result.outcome === "not-found") throw notFound(id);
      if (result.outcome === "refused") refuseOtherRevision(result.record, ifRevision);
      forget(id);
      const key = toApiKey(result.record, clock());
      if (result.outcome === "changed") events.emit("key.revoked", { key });
      return key;
    },

    async rotate(id, rotateOptions = {}, by = {}): Promise<CreatedKey> {
      checkObject(rotateOptions, "rotate", "options, or be left out");
      checkFields(rotateOptions, ["overlapMs", "expiresAt", "ifRevision"], "rotate");
      const overlapMs = Math.floor(checkDuration(rotateOptions.overlapMs ?? DEFAULT_OVERLAP_MS, "overlapMs"));
      const ifRevision = checkRevision(rotateOptions.ifRevision);
      return changeExisting(id, ifRevision, async (old) => replace(old, overlapMs, rotateOptions, by));
    },
  };
}
