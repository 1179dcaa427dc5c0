import { createHash } from "node:crypto";
import {
  createKeyward,
  memoryStore,
  type Access,
  type ApiKey,
  type Keyward,
  type Permissions,
  type Principal,
  type Quota,
} from "@keyward/core";
import type { KeyRecord, OwnerRecord } from "@keyward/core/store";
import fc from "fast-check";
import { expect, it } from "vitest";
import { DAY_MS, NOON } from "../admission/set-up.ts";
import { SECRET } from "../secrets.ts";

const PLANS = {
  default: { rate: 10, daily: 100 },
  free: { daily: 10 },
  pro: { rate: 100, burst: 200, daily: 1000 },
};
const SCOPES = ["reports:read", "reports:*", "billing:write", "keyward:admin"];
const ENVIRONMENTS = ["prod", "test"];
const OWNERS = ["acme", "umbrella"];

/** The errors of calls that are refused. */
const EXPECTED = /^(not-permitted|invalid-input|key-|owner-)/;

type AccessCall = (access: Access, world: World) => Promise<unknown>;

const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const planName = fc.constantFrom("default", "free", "pro");
const scopeList = fc.uniqueArray(fc.constantFrom(...SCOPES), { maxLength: 2 });
const days = fc.integer({ min: 1, max: 60 });
const ownLimits = fc
  .record({
    rate: maybe(fc.constantFrom(1, 10, 50)),
    daily: maybe(fc.constantFrom(null, 5, 100, 5000)),
    untilDays: maybe(days),
  })
  .map(({ rate, daily, untilDays }) => ({
    ...(rate !== undefined && { rate }),
    ...(daily !== undefined && { daily }),
    ...(untilDays !== undefined && { until: new Date(NOON + untilDays * DAY_MS) }),
  }));
const flag = fc.constantFrom(true, true, false, undefined);

/** Some of the fields, so that a call is not refused for another one each time. */
function sparse<T extends object>(fields: { [Name in keyof T]: fc.Arbitrary<T[Name]> }): fc.Arbitrary<
  Partial<T>
> {
  const names = Object.keys(fields) as (keyof T)[];
  return fc
    .tuple(fc.record(fields), fc.subarray(names, { maxLength: 2 }))
    .map(([all, chosen]) => Object.fromEntries(chosen.map((name) => [name, all[name]])) as Partial<T>);
}

const permissions: fc.Arbitrary<Permissions> = fc.record({
  create: fc.oneof(
    fc.constantFrom(undefined, false, true),
    fc.record({
      plans: maybe(fc.uniqueArray(planName, { maxLength: 2 })),
      scopes: maybe(scopeList),
      environments: maybe(fc.subarray(ENVIRONMENTS)),
      maxKeys: maybe(fc.integer({ min: 1, max: 5 })),
      maxLifetimeDays: maybe(days),
    }),
    fc.record({
      plans: fc.constant(["free", "default"]),
      scopes: scopeList,
      maxLifetimeDays: fc.constantFrom(undefined, 30),
    }),
  ),
  import: flag,
  rename: flag,
  rotate: flag,
  revoke: flag,
  pause: flag,
  limits: fc.constantFrom(undefined, "lower", "any"),
  update: flag,
  owners: flag,
  reset: flag,
});

const principal: fc.Arbitrary<Principal> = fc
  .record({
    owner: fc.boolean(),
    may: fc.oneof({ weight: 8, arbitrary: permissions }, fc.constantFrom("everything", "view")),
  })
  .map(({ owner, may }) => ({ actor: "jane", may, ...(owner && { ownerId: "acme" }) }) as Principal);

const expiry = fc.oneof(
  fc.constant(undefined),
  days.map((after) => new Date(NOON + after * DAY_MS)),
);
const settings = sparse({
  plan: planName,
  scopes: scopeList,
  limits: ownLimits,
  metadata: fc.constant({ crm: 1 }),
  expiresAt: expiry,
  environment: fc.constantFrom(...ENVIRONMENTS),
  ownerId: fc.constantFrom(...OWNERS),
});
const changes = sparse({
  name: fc.constant("renamed"),
  plan: fc.oneof(planName, fc.constant(null)),
  scopes: scopeList,
  limits: fc.oneof(ownLimits, fc.constant(null)),
  metadata: fc.constant({ crm: 2 }),
  expiresAt: fc.oneof(expiry, fc.constant(null)),
  allowedAddresses: fc.constantFrom(null, ["203.0.113.0/24"]),
});
const ownerChanges = sparse({
  name: fc.constant("Renamed"),
  plan: fc.oneof(planName, fc.constant(null)),
  limits: fc.oneof(ownLimits, fc.constant(null)),
  metadata: fc.constant({ crm: 2 }),
});
/** Mostly keys of acme, which come first, and the newest, which come last. */
const key = fc.oneof(fc.nat({ max: 6 }), fc.nat({ max: 20 }));
const ownerName = fc.constantFrom("acme", "acme", "umbrella");

const call: fc.Arbitrary<AccessCall> = fc.oneof(
  settings.map(
    (input): AccessCall =>
      async (access) =>
        access.keys.create({ name: "new", ...input }),
  ),
  settings.map(
    (input): AccessCall =>
      async (access, { nextDigest }) =>
        access.keys.import({ name: "imported", sha256: nextDigest(), ...input }),
  ),
  fc.tuple(key, changes).map(
    ([at, input]): AccessCall =>
      async (access, { idAt }) =>
        access.keys.update(idAt(at), input),
  ),
  fc
    .tuple(
      key,
      sparse({ overlapMs: fc.constantFrom(0, DAY_MS), expiresAt: fc.oneof(expiry, fc.constant(null)) }),
    )
    .map(
      ([at, options]): AccessCall =>
        async (access, { idAt }) =>
          access.keys.rotate(idAt(at), options),
    ),
  fc.tuple(key, fc.constantFrom("pause", "resume", "revoke", "quota")).map(
    ([at, method]): AccessCall =>
      async (access, { idAt }) =>
        access.keys[method as "pause" | "resume" | "revoke" | "quota"](idAt(at)),
  ),
  fc.tuple(ownerName, ownerChanges).map(
    ([id, input]): AccessCall =>
      async (access) =>
        access.owners.update(id, input),
  ),
  fc.tuple(ownerName, fc.constantFrom("pause", "resume")).map(
    ([id, method]): AccessCall =>
      async (access) =>
        access.owners[method as "pause" | "resume"](id),
  ),
  ownerChanges.map(
    (input): AccessCall =>
      async (access) =>
        access.owner.update(input),
  ),
  ownerName.map(
    (ownerId): AccessCall =>
      async (access) =>
        access.limits.reset({ ownerId }),
  ),
  fc.integer({ min: 1, max: 20 }).map(
    (count): AccessCall =>
      async (_access, { advance }) =>
        advance(count * DAY_MS),
  ),
);

interface World {
  readonly kw: Keyward;
  now(): number;
  advance(ms: number): void;
  idAt(index: number): string;
  nextDigest(): string;
}

interface Snapshot {
  readonly keys: ReadonlyMap<string, KeyRecord>;
  readonly owners: ReadonlyMap<string, OwnerRecord>;
  readonly limits: ReadonlyMap<string, Quota["limits"]>;
}

async function setUp() {
  let now = NOON;
  const store = memoryStore();
  const kw: Keyward = createKeyward({
    secret: SECRET,
    store,
    clock: () => now,
    environments: ["prod", "test"],
    plans: PLANS,
  });
  const operator = kw.as({ actor: "olga", may: "everything" });
  await kw.owners.update("acme", { plan: "free" });
  const ids: string[] = [];
  for (const ownerId of OWNERS) {
    const strong = { plan: "pro", scopes: ["billing:write"], limits: { daily: 9000 }, metadata: { tier: 1 } };
    for (const input of [
      {},
      { expiresAt: new Date(NOON + 10 * DAY_MS) },
      { scopes: ["reports:read"] },
      { limits: { daily: 5 } },
      { plan: "pro" },
      strong,
      { name: "paused" },
    ]) {
      ids.push((await operator.keys.create({ name: "key", ownerId, ...input })).key.id);
    }
    await operator.keys.pause(ids.at(-1) as string, { reason: "Unpaid" });
  }
  let digests = 0;
  const world: World = {
    kw,
    now: () => now,
    advance: (ms) => void (now += ms),
    idAt: (index) => [...ids, ...added()][index % (ids.length + added().length)] as string,
    nextDigest: () =>
      createHash("sha256")
        .update(`imported ${(digests += 1)}`)
        .digest("hex"),
  };
  const added = () => [...records().keys()].filter((id) => !ids.includes(id));
  const records = (): Map<string, KeyRecord> =>
    new Map(
      (store.list({}, { order: "newest", limit: 1000 }) as readonly KeyRecord[]).map((record) => [
        record.id,
        record,
      ]),
    );
  async function snapshot(): Promise<Snapshot> {
    const keys = records();
    const owners = store.listOwners({ limit: 100 }) as readonly OwnerRecord[];
    const limits = await Promise.all(
      [...keys.keys()].map(async (id) => [id, (await kw.quota({ id })).limits] as const),
    );
    return { keys, owners: new Map(owners.map((owner) => [owner.id, owner])), limits: new Map(limits) };
  }
  return { world, snapshot };
}

/** True if a list of scopes grants one: a second implementation, independent of the code under test. */
function grants(granted: readonly string[], scope: string): boolean {
  return granted.some((each) =>
    each === "reports:*" ? scope.startsWith("reports:") : each === scope && !scope.startsWith("keyward:"),
  );
}

function isOver(limits: Quota["limits"], bound: Quota["limits"]): boolean {
  const isHigher = (one = Infinity, other = Infinity) => one > other;
  return (
    isHigher(limits.rate, bound.rate) ||
    // Without `burst`, the burst is the rate.
    isHigher(limits.burst ?? limits.rate, bound.burst ?? bound.rate) ||
    isHigher(limits.daily, bound.daily)
  );
}

function openLines(keys: Iterable<KeyRecord>, ownerId: string | null, now: number): Set<string> {
  return new Set(
    [...keys]
      .filter(
        (each) => each.ownerId === ownerId && each.revokedAt === null && (each.expiresAt ?? Infinity) > now,
      )
      .map(({ lineageId }) => lineageId),
  );
}

/** The permissions of a principal, according to the documentation. Collects the rules that a call broke. */
class Oracle {
  readonly broken: string[] = [];
  readonly #may: Permissions;
  readonly #isUnrestricted: boolean;
  readonly #ownerId: string | undefined;

  constructor({ may, ownerId }: Principal) {
    this.#isUnrestricted = may === "everything";
    this.#may = typeof may === "object" ? may : {};
    this.#ownerId = ownerId;
  }

  check(before: Snapshot, after: Snapshot, now: number): void {
    for (const [id, record] of after.keys) {
      const old = before.keys.get(id);
      if (old === undefined) this.#checkNew(record, before, after, now);
      else if (JSON.stringify(old) !== JSON.stringify(record)) this.#checkChanged(old, record, before, after);
    }
    for (const [id, owner] of after.owners) {
      const old = before.owners.get(id);
      if (JSON.stringify(old) !== JSON.stringify(owner)) this.#checkOwner(old, owner);
    }
  }

  get #bounds() {
    const { create } = this.#may;
    return typeof create === "object" ? create : {};
  }

  #require(holds: boolean, rule: string): void {
    if (!holds) this.broken.push(rule);
  }

  #requireOwn(ownerId: string | null): void {
    this.#require(this.#ownerId === undefined || ownerId === this.#ownerId, "only its own owner's keys");
  }

  #requirePlan(plan: string | null): void {
    this.#require(plan === null || (this.#bounds.plans ?? []).includes(plan), "only plans that it may use");
  }

  #requireScopes(scopes: readonly string[]): void {
    const granted = this.#bounds.scopes ?? [];
    this.#require(
      scopes.every((scope) => grants(granted, scope)),
      "only scopes that it may grant",
    );
  }

  #checkNew(record: KeyRecord, before: Snapshot, after: Snapshot, now: number): void {
    this.#requireOwn(record.ownerId);
    const predecessor = [...after.keys.values()].find(({ rotatedTo }) => rotatedTo === record.id);
    this.#require(
      predecessor === undefined || record.pausedBy === predecessor.pausedBy,
      "a successor is paused as its predecessor",
    );
    if (this.#isUnrestricted) return;
    const { environments = ENVIRONMENTS, maxLifetimeDays } = this.#bounds;
    this.#require(Boolean(this.#may.create), "creates only with create");
    this.#requirePlan(record.plan);
    this.#requireScopes(record.scopes);
    this.#require(environments.includes(record.environment), "only environments that it may choose");
    this.#require(
      this.#may.update === true || Object.keys(record.metadata).length === 0,
      "metadata only with update",
    );
    this.#require(
      maxLifetimeDays === undefined || (record.expiresAt ?? Infinity) <= now + maxLifetimeDays * DAY_MS,
      "lives at most maxLifetimeDays",
    );
    if (predecessor === undefined) this.#checkCreated(record, after, now);
    else this.#checkSuccessor(record, before.keys.get(predecessor.id), after);
  }

  #checkCreated({ ownerId, limits }: KeyRecord, after: Snapshot, now: number): void {
    const { maxKeys } = this.#bounds;
    this.#require(limits === null || this.#may.limits === "any", "own limits of new keys only with any");
    const lines = ownerId === null ? 0 : openLines(after.keys.values(), ownerId, now).size;
    this.#require(maxKeys === undefined || lines <= maxKeys, "at most maxKeys lines");
  }

  #checkSuccessor(record: KeyRecord, old: KeyRecord | undefined, after: Snapshot): void {
    this.#require(this.#may.rotate === true, "rotates only with rotate");
    this.#require(
      this.#bounds.maxLifetimeDays !== undefined || record.expiresAt === (old?.expiresAt ?? null),
      "a successor ends when the original would have, unless lifetimes are bounded",
    );
    if (record.limits === null || this.#may.limits === "any") return;
    const plan = record.plan ?? after.owners.get(record.ownerId ?? "")?.plan ?? "default";
    const limits = after.limits.get(record.id) as Quota["limits"];
    this.#require(
      !isOver(limits, PLANS[plan as keyof typeof PLANS]),
      "a successor has no limits above its plan's",
    );
  }

  #checkChanged(old: KeyRecord, record: KeyRecord, before: Snapshot, after: Snapshot): void {
    const isChanged = (...fields: readonly (keyof KeyRecord)[]) =>
      fields.some((field) => JSON.stringify(old[field]) !== JSON.stringify(record[field]));
    this.#requireOwn(old.ownerId);
    this.#require(
      !isChanged("digest", "ownerId", "lineageId", "environment", "createdAt"),
      "what identifies a key never changes",
    );
    this.#require(old.revokedAt === null || !isChanged("revokedAt"), "a revoked key stays revoked");
    this.#require(
      this.#ownerId === undefined || old.pausedBy !== "operator" || !isChanged("pausedBy"),
      "an operator's pause stays",
    );
    if (this.#isUnrestricted) return;
    const { maxLifetimeDays } = this.#bounds;
    const { rename, rotate, revoke, pause, update, limits } = this.#may;
    const isRotation = isChanged("rotatedTo");
    this.#require(!isRotation || rotate === true, "rotates only with rotate");
    this.#require(!isChanged("name") || rename === true, "renames only with rename");
    this.#require(
      !isChanged("plan", "scopes", "metadata", "allowedAddresses") || update === true,
      "changes settings only with update",
    );
    if (isChanged("plan")) this.#requirePlan(record.plan);
    if (isChanged("scopes")) this.#requireScopes(record.scopes);
    this.#require(!isChanged("pausedAt") || pause === true, "pauses only with pause");
    this.#require(!isChanged("revokedAt") || isRotation || revoke === true, "revokes only with revoke");
    const [end, earlierEnd] = [record.expiresAt ?? Infinity, old.expiresAt ?? Infinity];
    if (isRotation) this.#require(end <= earlierEnd, "a rotation never prolongs the old key");
    else if (isChanged("expiresAt")) {
      this.#require(update === true, "changes the expiry only with update");
      this.#require(
        maxLifetimeDays === undefined || end <= old.createdAt + maxLifetimeDays * DAY_MS,
        "lives at most maxLifetimeDays",
      );
    }
    if (!isChanged("limits", "limitsUntil")) return;
    this.#require(limits !== undefined, "sets limits only with limits");
    if (limits !== "lower" || isChanged("plan")) return;
    const [next, earlier] = [after, before].map((each) => each.limits.get(record.id) as Quota["limits"]);
    this.#require(!isOver(next as Quota["limits"], earlier as Quota["limits"]), "only lowers limits");
  }

  #checkOwner(old: OwnerRecord | undefined, owner: OwnerRecord): void {
    // A key that names a new owner creates it, with nothing set.
    if (old === undefined && owner.plan === null && owner.limits === null && owner.pausedAt === null) return;
    this.#requireOwn(owner.id);
    this.#require(
      this.#ownerId === undefined || old?.pausedBy !== "operator" || owner.pausedBy === "operator",
      "an operator's pause stays",
    );
    if (this.#isUnrestricted) return;
    this.#require(this.#may.owners === true, "changes owners only with owners");
    if (owner.plan !== (old?.plan ?? null)) this.#requirePlan(owner.plan);
    if (this.#ownerId === undefined) return;
    this.#require(owner.plan !== null || (old?.plan ?? null) === null, "a customer keeps its plan");
    this.#require(
      JSON.stringify(owner.metadata) === JSON.stringify(old?.metadata ?? {}),
      "a customer sets no metadata",
    );
    this.#require(
      this.#may.limits !== undefined || JSON.stringify(owner.limits) === JSON.stringify(old?.limits ?? null),
      "sets limits only with limits",
    );
  }
}

it("kw.as grants nothing beyond what the principal may grant, over random principals and calls", async () => {
  let done = 0;
  let tried = 0;
  const unexpected: string[] = [];
  await fc.assert(
    fc.asyncProperty(principal, fc.array(call, { minLength: 1, maxLength: 12 }), async (who, calls) => {
      const { world, snapshot } = await setUp();
      const access = world.kw.as(who);
      const oracle = new Oracle(who);
      let before = await snapshot();
      for (const each of calls) {
        tried += 1;
        const result = await each(access, world).catch((error: { code?: string }) => {
          if (!EXPECTED.test(error.code ?? "")) unexpected.push(String(error));
          return undefined;
        });
        if (result !== undefined) done += 1;
        const after = await snapshot();
        oracle.check(before, after, world.now());
        // A secret is shown for a key that was created now, and so checked above.
        const { key: apiKey, secret } = (result ?? {}) as { key?: ApiKey; secret?: unknown };
        if (secret !== undefined && before.keys.has(apiKey?.id ?? ""))
          oracle.broken.push("shows an earlier secret");
        before = after;
      }
      await world.kw.close();
      expect(oracle.broken).toEqual([]);
      expect(unexpected).toEqual([]);
    }),
    { numRuns: 100 },
  );
  // Not everything was refused.
  expect(done / tried).toBeGreaterThan(0.2);
}, 300_000);
