import {
  createKeyward,
  memoryStore,
  type ApiKey,
  type CreatedKey,
  type CreateKeyInput,
  type Keyward,
  type KeywardOptions,
  type Policy,
  type ProblemCode,
  type Quota,
  type Store,
} from "@keyward/core";
import { testClock, type TestClock } from "./test-clock.ts";
import { TestLimiter } from "./test-keyward-limiter.ts";

const SECRET = "a secret for tests of applications, and for nothing else";
const DAY_MS = 86_400_000;
/** A network without real clients: the discard-only prefix of RFC 6666. */
const NO_ADDRESS = "100::/64";

/** A key for a test, with the value of its `x-api-key` header. */
export interface TestKey extends CreatedKey {
  readonly raw: string;
}

/** Reasons to refuse a key that do not depend on the request. */
export type KeyRefusal =
  | "invalid-api-key"
  | "revoked-api-key"
  | "expired-api-key"
  | "paused-api-key"
  | "wrong-environment"
  | "address-not-allowed"
  | "insufficient-scope"
  | "rate-limit-exceeded"
  | "key-store-unavailable"
  | "limiter-unavailable";

/** A Keyward for the tests of an application. */
export interface TestKeyward {
  /** The Keyward to pass to the application. */
  readonly kw: Keyward;
  /** Stands still until the test moves it. */
  readonly clock: TestClock;
  /** The codes of all refusals so far, in order. */
  readonly refusals: readonly ProblemCode[];
  /** Creates a key. Default: on the plan `default`, without scopes. */
  key(input?: Partial<CreateKeyInput>): Promise<TestKey>;
  /**
   * Uses up one policy of a key, of its owner (`owner-daily`) or of a budget (`search-burst`), so that the next request is refused by
   * it. The clock does not move; once it has moved by `Retry-After`, the key is admitted again.
   */
  exhaust(key: ApiKey | TestKey, policy: Policy): Promise<void>;
  /** Creates a key whose every request is refused for this reason. */
  refusedKey(code: KeyRefusal): Promise<string>;
  close(): Promise<void>;
}

/**
 * Creates a Keyward in memory, with a clock that the test moves. It accepts keys over plain HTTP, which test clients use; pass
 * `requireHttps: true` where that matters.
 *
 * @param options as for `createKeyward`, without those that the test sets itself
 *
 * @example
 * ```ts
 * const test = testKeyward();
 * const app = createApp(test.kw);
 * const key = await test.key({ scopes: ["reports:write"] });
 * await test.exhaust(key, "daily");
 * // the next request with key.raw is answered 429
 * test.clock.advance(86_400_000);
 * ```
 */
export function testKeyward(
  options: Omit<KeywardOptions, "clock" | "store" | "limiter" | "secret"> = {},
): TestKeyward {
  const clock = testClock();
  const store = memoryStore();
  const lost = new Set<string>();
  const limiter = new TestLimiter(clock);
  const kw = createKeyward({
    requireHttps: false,
    ...options,
    secret: SECRET,
    store: withoutKeys(store, lost),
    limiter,
    clock,
  });
  const refusals: ProblemCode[] = [];
  kw.events.on("refused", ({ code }) => refusals.push(code));
  const environment = options.environments?.[0] ?? "prod";
  // Creates keys that `kw` has not cached, so that it looks them up.
  const elsewhere = createKeyward({ secret: SECRET, store, clock, environments: [environment, "elsewhere"] });

  async function key(input: Partial<CreateKeyInput> = {}): Promise<TestKey> {
    const created = await kw.keys.create({ name: "a test's key", ...input });
    return { ...created, raw: created.secret.reveal() };
  }

  async function exhaust(target: ApiKey | TestKey, policy: Policy): Promise<void> {
    const apiKey = "raw" in target ? target.key : target;
    await limiter.exhaust(await limiter.peekedBy(() => kw.quota(apiKey)), policy);
  }

  const refused: Record<KeyRefusal, () => Promise<string>> = {
    async "invalid-api-key"() {
      const { raw } = await key();
      return `${raw.slice(0, -1)}${raw.endsWith("a") ? "b" : "a"}`;
    },
    async "revoked-api-key"() {
      const { key: created, raw } = await key();
      await kw.keys.revoke(created.id);
      return raw;
    },
    async "expired-api-key"() {
      // No key can be created that has expired already, so this one is created a day ago.
      const past = createKeyward({
        secret: SECRET,
        store,
        clock: () => clock() - DAY_MS,
        environments: [environment],
      });
      const { secret } = await past.keys.create({ name: "expired", expiresAt: new Date(clock() - 1) });
      return secret.reveal();
    },
    async "paused-api-key"() {
      const { key: created, raw } = await key();
      await kw.keys.pause(created.id);
      return raw;
    },
    async "wrong-environment"() {
      return (await elsewhere.keys.create({ name: "elsewhere", environment: "elsewhere" })).secret.reveal();
    },
    "address-not-allowed": async () => (await key({ allowedAddresses: [NO_ADDRESS] })).raw,
    "insufficient-scope": async () => (await key()).raw,
    async "rate-limit-exceeded"() {
      const created = await key();
      await exhaust(created, longestPolicy(await kw.quota(created.key)));
      return created.raw;
    },
    async "key-store-unavailable"() {
      const { key: created, secret } = await elsewhere.keys.create({ name: "lost" });
      lost.add(created.id);
      return secret.reveal();
    },
    async "limiter-unavailable"() {
      const created = await key();
      const peeked = await limiter.peekedBy(() => kw.quota(created.key));
      for (const { subject } of peeked) limiter.unavailable.add(subject);
      return created.raw;
    },
  };

  return {
    kw,
    clock,
    refusals,
    key,
    exhaust,
    refusedKey: (code) => refused[code](),
    close: () => kw.close(),
  };
}

/** The limit of a key, or else of its owner, that takes longest to recover. Budgets are not charged by every request. */
function longestPolicy({ limits }: Quota): Policy {
  const { owner, ...own } = limits;
  for (const [prefix, each] of [
    ["", own],
    ["owner-", owner ?? {}],
  ] as const) {
    const quota = (["monthly", "weekly", "daily", "hourly"] as const).find(
      (name) => each[name] !== undefined,
    );
    if (quota !== undefined) return `${prefix}${quota}`;
    if (each.rate !== undefined) return `${prefix}burst`;
  }
  throw new Error(
    "No request of the plan default is refused by a limit: neither keys nor owners are limited.",
  );
}

/** The store, which fails to look up some keys. */
function withoutKeys(store: Store, lost: ReadonlySet<string>): Store {
  return {
    ...store,
    async findByDigest(digest) {
      const found = await store.findByDigest(digest);
      if (found !== undefined && lost.has(found.key.id))
        throw new Error("The store is down because the test made it so.");
      return found;
    },
  };
}
