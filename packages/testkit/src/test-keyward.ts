import {
  createKeyward,
  memoryStore,
  type ApiKey,
  type CreatedKey,
  type CreateKeyInput,
  type Keyward,
  type KeywardOptions,
  type KeyStore,
  type Policy,
  type ProblemCode,
} from "@keyward/core";
import { testClock, type TestClock } from "./test-clock.ts";
import { TestLimiter } from "./test-keyward-limiter.ts";

const SECRET = "a secret for tests of applications, and for nothing else";
const DAY_MS = 86_400_000;

/** A key for a test, with what is sent as `x-api-key`. */
export interface TestKey extends CreatedKey {
  readonly raw: string;
}

/** What a key can be refused for whatever the request is. */
export type KeyRefusal =
  | "invalid-api-key"
  | "revoked-api-key"
  | "expired-api-key"
  | "wrong-environment"
  | "insufficient-scope"
  | "rate-limit-exceeded"
  | "key-store-unavailable"
  | "limiter-unavailable";

/** A Keyward for the tests of an application that uses one. */
export interface TestKeyward {
  /** The one to give to the application. */
  readonly kw: Keyward;
  /** Stands still until the test moves it. */
  readonly clock: TestClock;
  /** The codes of all refusals so far, in their order. */
  readonly refusals: readonly ProblemCode[];
  /** Makes a key, of the plan `default` and without scopes if it is not told otherwise. */
  key(input?: Partial<CreateKeyInput>): Promise<TestKey>;
  /**
   * Spends what is left of one policy, so that the key's next request is refused by it. The clock does not
   * move; moved by what the refusal says, the key is admitted again.
   */
  exhaust(key: ApiKey | TestKey, policy: Policy): Promise<void>;
  /** A key that every request is refused with, for this reason. */
  refusedKey(code: KeyRefusal): Promise<string>;
  close(): Promise<void>;
}

/**
 * A Keyward in memory, with a clock that a test moves. It takes keys over plain HTTP, since that is what test
 * clients speak; pass `requireHttps: true` where that matters.
 *
 * @param options as for `createKeyward`, but for what the test itself holds
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
    store: losing(store, lost),
    limiter,
    clock,
  });
  const refusals: ProblemCode[] = [];
  kw.events.on("refused", ({ code }) => refusals.push(code));
  const environment = options.environments?.[0] ?? "prod";
  // Makes keys that `kw` has not seen yet, so that it looks them up.
  const elsewhere = createKeyward({ secret: SECRET, store, clock, environments: [environment, "elsewhere"] });

  async function key(input: Partial<CreateKeyInput> = {}): Promise<TestKey> {
    const created = await kw.keys.create({ name: "a test's key", ...input });
    return { ...created, raw: created.secret.reveal() };
  }

  async function exhaust(given: ApiKey | TestKey, policy: Policy): Promise<void> {
    const apiKey = "raw" in given ? given.key : given;
    const { limits } = await kw.quota(apiKey);
    limiter.exhaust(limiter.lastPeeked, limits, policy);
  }

  const refused: Record<KeyRefusal, () => Promise<string>> = {
    async "invalid-api-key"() {
      const { raw } = await key();
      return `${raw.slice(0, -1)}${raw.endsWith("a") ? "b" : "a"}`;
    },
    async "revoked-api-key"() {
      const { key: made, raw } = await key();
      await kw.keys.revoke(made.id);
      return raw;
    },
    async "expired-api-key"() {
      // A key cannot be made expired, so it is made as it was a day ago.
      const past = createKeyward({
        secret: SECRET,
        store,
        clock: () => clock() - DAY_MS,
        environments: [environment],
      });
      const { secret } = await past.keys.create({ name: "expired", expiresAt: new Date(clock() - 1) });
      return secret.reveal();
    },
    async "wrong-environment"() {
      return (await elsewhere.keys.create({ name: "elsewhere", environment: "elsewhere" })).secret.reveal();
    },
    async "insufficient-scope"() {
      return (await key()).raw;
    },
    async "rate-limit-exceeded"() {
      const made = await key();
      await exhaust(made, "daily");
      return made.raw;
    },
    async "key-store-unavailable"() {
      const { key: made, secret } = await elsewhere.keys.create({ name: "lost" });
      lost.add(made.id);
      return secret.reveal();
    },
    async "limiter-unavailable"() {
      const made = await key();
      await kw.quota(made.key);
      limiter.unavailable.add(limiter.lastPeeked);
      return made.raw;
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

/** The store, but for look-ups of keys that it is to have lost. */
function losing(store: KeyStore, lost: ReadonlySet<string>): KeyStore {
  return {
    ...store,
    async findByDigest(digest) {
      const found = await store.findByDigest(digest);
      if (found !== undefined && lost.has(found.id))
        throw new Error("The key store is down, as the test asked.");
      return found;
    },
  };
}
