import { createHash, hash } from "node:crypto";
import { createKeyward, memoryStore, type Decision } from "@keyward/core";
import { RateLimiterMemory, RateLimiterUnion, type RateLimiterRes } from "rate-limiter-flexible";
import { BenchRequest, HUGE, PLENTY } from "./bench-request.ts";
import { compare } from "./measure.ts";
import { heading, line, target } from "./print.ts";

interface GluedKey {
  readonly id: string;
  readonly revokedAt: number | null;
  readonly expiresAt: number | null;
}

/**
 * The same job as a team would glue it together: a digest as the examples make it, a map of keys by
 * digest, a union of three limiters in memory, and the headers that tell the client.
 */
function glued(raw: string, withHeaders: boolean): () => Promise<unknown> {
  const digestOf = (key: string) => createHash("sha256").update(key).digest("hex");
  const keys = new Map<string, GluedKey>([
    [digestOf(raw), { id: "key_1", revokedAt: null, expiresAt: null }],
  ]);
  const limiter = (keyPrefix: string, duration: number) =>
    new RateLimiterMemory({ keyPrefix, points: HUGE, duration });
  const windows = { sustained: 1, burst: 1, daily: 86_400 };
  const union = new RateLimiterUnion(
    ...Object.entries(windows).map(([name, seconds]) => limiter(name, seconds)),
  );
  return async () => {
    const request = new BenchRequest(raw);
    const key = keys.get(digestOf(request.header()));
    if (key === undefined || key.revokedAt !== null) return { admitted: false };
    if (key.expiresAt !== null && key.expiresAt <= Date.now()) return { admitted: false };
    const results = (await union.consume(key.id)) as unknown as Record<keyof typeof windows, RateLimiterRes>;
    if (!withHeaders) return { admitted: true, key, results };
    const { sustained, burst, daily } = results;
    const field = (name: string, { remainingPoints, msBeforeNext }: RateLimiterRes) =>
      `"${name}";r=${remainingPoints};t=${Math.ceil(msBeforeNext / 1000)}`;
    return {
      admitted: true,
      key,
      headers: {
        RateLimit: [field("sustained", sustained), field("burst", burst), field("daily", daily)].join(", "),
      },
    };
  };
}

/** `kw.admit` on a cached key, against its one SHA-256 and against the same job glued together. */
export async function benchAdmission(): Promise<boolean[]> {
  const kw = createKeyward({ plans: { default: PLENTY } });
  const raw = (await kw.keys.create({ name: "bench" })).secret.reveal();
  await kw.admit(new BenchRequest(raw));

  const timings = await compare([
    { name: "SHA-256 of the key", run: () => hash("sha256", raw, "binary") },
    { name: "kw.admit", run: () => kw.admit(new BenchRequest(raw)) },
    { name: "the same from SHA-256, a Map and a union of three limiters", run: glued(raw, false) },
    { name: "kw.admit and its headers", run: () => (kw.admit(new BenchRequest(raw)) as Decision).headers },
    { name: "the same from those, and its headers", run: glued(raw, true) },
  ]);
  heading("Admission of a cached key, all three limits, in this process");
  for (const { name, ns } of timings) line(`${ns.toFixed(0).padStart(6)} ns  ${name}`);
  const [digest = 0, admit = 0, pieces = 0, admitWithHeaders = 0, piecesWithHeaders = 0] = timings.map(
    ({ ns }) => ns,
  );
  line(`with headers, glued together takes ${(piecesWithHeaders / admitWithHeaders).toFixed(2)}× as long`);
  await kw.close();
  return [
    target("kw.admit, in times of its SHA-256", admit / digest, { atMost: 2 }, "×"),
    target("glued together, in times of kw.admit", pieces / admit, { atLeast: 5 }, "×"),
  ];
}

/** Forged keys never reach the key store: counted, not timed. */
export async function countLookUps(): Promise<boolean[]> {
  const store = memoryStore();
  let lookUps = 0;
  const kw = createKeyward({
    store: { ...store, findByDigest: (digest: string) => ((lookUps += 1), store.findByDigest(digest)) },
  });
  const raw = (await kw.keys.create({ name: "bench" })).secret.reveal();
  const forged = 100_000;
  for (let count = 0; count < forged; count += 1) {
    await kw.admit(new BenchRequest(`${raw.slice(0, -8)}${String(count).padStart(8, "0")}`));
  }
  await kw.close();
  heading(`A flood of ${forged} forged keys`);
  return [target("look-ups in the key store", lookUps, { atMost: 0 }, "")];
}
