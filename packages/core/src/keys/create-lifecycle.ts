import type { Clock } from "../clock.ts";
import { KeywardError } from "../errors.ts";
import type { KeywardEvents } from "../events.ts";
import type { Actor, AuditAction, AuditEntry } from "./audit.ts";
import { isReplaceable, notFound, refusal, refuseOtherRevision } from "./conflicts.ts";
import { maskImported } from "./format.ts";
import { checkListing, nextCursor } from "./listing.ts";
import { generateKey } from "./generate.ts";
import type { createIds } from "./ids.ts";
import {
  checkAddress,
  checkChoice,
  checkDuration,
  checkExpiry,
  checkFields,
  checkHint,
  checkKeyLimits,
  checkMetadata,
  checkRevision,
  checkScopes,
  checkSha256,
  checkText,
} from "./input.ts";
import { newRecord } from "./new-record.ts";
import { statusOf, toApiKey, type JsonValue, type KeyChange, type KeyRecord } from "./record.ts";
import type { CreatedKey, KeyLifecycle } from "./lifecycle.ts";
import type { KeySeal } from "./seal.ts";
import type { ChangeOutcome, KeyStore } from "./store.ts";

export interface LifecycleParts {
  readonly store: KeyStore;
  readonly seal: KeySeal;
  readonly clock: Clock;
  readonly ids: ReturnType<typeof createIds>;
  readonly events: KeywardEvents;
  readonly environments: readonly [string, ...string[]];
  readonly planNames: readonly string[];
  /** What the store may have in place of a raw key; nothing for one that was made up. */
  readonly recognize: (raw: string) => readonly string[];
  /** Makes a change of the key felt by requests. Called after the store has committed. */
  readonly forget: (keyId: string) => void;
}

const CREATE_FIELDS = [
  "name",
  "ownerId",
  "environment",
  "scopes",
  "plan",
  "limits",
  "expiresAt",
  "metadata",
  "idempotencyKey",
];
const IMPORT_FIELDS = [...CREATE_FIELDS, "sha256", "hint"];
const UPDATE_FIELDS = ["name", "scopes", "plan", "limits", "expiresAt", "metadata", "ifRevision"];
const DEFAULT_OVERLAP_MS = 24 * 60 * 60 * 1000;
const MAX_REPLACE_ATTEMPTS = 10;

/** How a key is replaced: what becomes of the old one, and the revision that it must have. */
interface Replacement {
  readonly action: "key.regenerated" | "key.rotated";
  readonly endOf: (old: KeyRecord, now: number) => KeyChange;
  readonly ifRevision: number | undefined;
}

export function createLifecycle(parts: LifecycleParts): KeyLifecycle {
  const { store, seal, clock, ids, events, environments, planNames, recognize, forget } = parts;

  function entry(
    action: AuditAction,
    keyId: string,
    by: Actor,
    details: Record<string, JsonValue>,
  ): AuditEntry {
    const actor = by.actor === undefined ? "system" : checkText(by.actor, "actor");
    const address = by.address === undefined ? null : checkAddress(by.address);
    return { id: ids("act"), at: clock(), action, keyId, actor, address, details };
  }

  async function existing(id: string): Promise<KeyRecord> {
    const record = typeof id === "string" ? await store.find(id) : undefined;
    if (record === undefined) throw notFound(id);
    return record;
  }

  async function insert(record: KeyRecord, act: AuditEntry): Promise<void> {
    const earlier = await store.insert(record, act);
    if (earlier === undefined) return;
    throw new KeywardError(
      "already-created",
      `This request has made key ${earlier.id} before, and its secret was shown then. Regenerate it if it was lost.`,
      { keyId: earlier.id },
    );
  }

  function changed(id: string, result: ChangeOutcome): KeyRecord {
    if (result.outcome === "not-found") throw notFound(id);
    if (result.outcome === "refused") throw refusal(result.record);
    forget(id);
    return result.record;
  }

  /** Replaces a key. If somebody changes it meanwhile, starts again, so that the successor does not lose that change. */
  async function replace(id: string, replacement: Replacement, by: Actor): Promise<CreatedKey> {
    for (let attempt = 1; attempt <= MAX_REPLACE_ATTEMPTS; attempt += 1) {
      const old = await existing(id);
      if (!isReplaceable(old)) throw refusal(old);
      refuseOtherRevision(old, replacement.ifRevision);
      const created = await replaceRevision(old, replacement, by);
      if (created !== undefined) return created;
    }
    throw new KeywardError("key-changed", `Key ${id} was changed each time that it was to be replaced.`);
  }

  /** Creates a successor like the old key, and changes both in one transaction. `undefined` if somebody changed the key since. */
  async function replaceRevision(
    old: KeyRecord,
    { action, endOf }: Replacement,
    by: Actor,
  ): Promise<CreatedKey | undefined> {
    const { id } = old;
    const now = clock();
    if (statusOf(old, now) === "expired") {
      throw new KeywardError(
        "key-conflict",
        `Key ${id} has expired. Give it a later expiry first, or create a new key.`,
      );
    }
    const { secret, digest } = generateKey(old.environment, seal);
    const successor: KeyRecord = {
      ...old,
      id: ids("key"),
      digest,
      masked: secret.masked,
      createdAt: now,
      lastUsedAt: null,
      lastUsedAddress: null,
      revision: 1,
      idempotencyKey: null,
    };
    const change: KeyChange = { ...endOf(old, now), rotatedTo: successor.id };
    const acts = [
      entry(action, id, by, { successor: successor.id }),
      entry("key.created", successor.id, by, { name: successor.name, replaces: id }),
    ];
    const outcome = await store.replace(old, change, successor, acts);
    if (outcome.outcome === "refused" && isReplaceable(outcome.record)) return undefined;
    const record = changed(id, outcome);
    const at = clock();
    const key = toApiKey(successor, at);
    events.emit(action, { key: toApiKey(record, at), successor: key });
    events.emit("key.created", { key });
    return { key, secret };
  }

  return {
    async create(input, by = {}) {
      if (typeof input !== "object" || input === null) {
        throw new KeywardError("invalid-input", "create: wants an object with at least a name.");
      }
      checkFields(input, CREATE_FIELDS, "create");
      const environment = checkChoice(input.environment ?? environments[0], "environment", environments);
      const { secret, digest } = generateKey(environment, seal);
      const record = newRecord(
        { id: ids("key"), digest, masked: secret.masked, environment, planNames },
        input,
        clock(),
      );
      await insert(record, entry("key.created", record.id, by, { name: record.name }));
      const key = toApiKey(record, clock());
      events.emit("key.created", { key });
      return { key, secret };
    },

    async import(input, by = {}) {
      if (typeof input !== "object" || input === null) {
        throw new KeywardError("invalid-input", "import: wants an object with at least a sha256 and a name.");
      }
      checkFields(input, IMPORT_FIELDS, "import");
      const environment = checkChoice(input.environment ?? environments[0], "environment", environments);
      const [digest] = seal.importedDigests(Buffer.from(checkSha256(input.sha256), "hex"));
      const label = input.hint === undefined ? digest.slice(0, 8) : checkHint(input.hint);
      const record = newRecord(
        { id: ids("key"), digest, masked: maskImported(label), environment, planNames },
        input,
        clock(),
      );
      await insert(record, entry("key.imported", record.id, by, { name: record.name }));
      const key = toApiKey(record, clock());
      events.emit("key.imported", { key });
      return key;
    },

    async get(id) {
      const record = await store.find(id);
      return record === undefined ? undefined : toApiKey(record, clock());
    },

    async identify(raw) {
      for (const digest of recognize(raw)) {
        const record = await store.findByDigest(digest);
        if (record !== undefined) return toApiKey(record, clock());
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

    async update(id, input, by = {}) {
      if (typeof input !== "object" || input === null) {
        throw new KeywardError("invalid-input", "update: wants an object with the fields to change.");
      }
      checkFields(input, UPDATE_FIELDS, "update");
      const { name, scopes, plan, limits, expiresAt, metadata } = input;
      const ifRevision = checkRevision(input.ifRevision);
      const change: KeyChange = {
        ...(name !== undefined && { name: checkText(name, "name") }),
        ...(scopes !== undefined && { scopes: checkScopes(scopes) }),
        ...(plan !== undefined && { plan: checkChoice(plan, "plan", planNames) }),
        ...(limits !== undefined && { limits: limits === null ? null : checkKeyLimits(limits) }),
        ...(expiresAt !== undefined && {
          expiresAt: expiresAt === null ? null : checkExpiry(expiresAt, clock()),
        }),
        ...(metadata !== undefined && { metadata: checkMetadata(metadata) }),
      };
      const act = entry("key.updated", id, by, { changed: Object.keys(change) });
      // A key that was rotated dies at the end of its overlap, whoever would like it to live on.
      const guard = { unlessReplaced: change.expiresAt !== undefined, ifRevision };
      const outcome = await store.change(id, change, act, guard);
      if (outcome.outcome === "refused") refuseOtherRevision(outcome.record, ifRevision);
      const record = changed(id, outcome);
      const key = toApiKey(record, clock());
      events.emit("key.updated", { key });
      return key;
    },

    async revoke(id, by = {}, guard = {}) {
      const ifRevision = checkRevision(guard.ifRevision);
      const act = entry("key.revoked", id, by, {});
      const result = await store.change(id, { revokedAt: clock() }, act, { ifRevision });
      if (result.outcome === "not-found") throw notFound(id);
      if (result.outcome === "refused") refuseOtherRevision(result.record, ifRevision);
      forget(id);
      const key = toApiKey(result.record, clock());
      if (result.outcome === "changed") events.emit("key.revoked", { key });
      return key;
    },

    async regenerate(id, by = {}, guard = {}) {
      const ifRevision = checkRevision(guard.ifRevision);
      const endOf = (_old: KeyRecord, now: number) => ({ revokedAt: now });
      return replace(id, { action: "key.regenerated", endOf, ifRevision }, by);
    },

    async rotate(id, options = {}, by = {}) {
      checkFields(options, ["overlapMs", "ifRevision"], "rotate");
      const ifRevision = checkRevision(options.ifRevision);
      const overlapMs = checkDuration(options.overlapMs ?? DEFAULT_OVERLAP_MS, "overlapMs");
      const endOf = (old: KeyRecord, now: number): KeyChange =>
        overlapMs === 0
          ? { revokedAt: now }
          : { expiresAt: Math.min(now + overlapMs, old.expiresAt ?? Number.POSITIVE_INFINITY) };
      return replace(id, { action: "key.rotated", endOf, ifRevision }, by);
    },
  };
}
