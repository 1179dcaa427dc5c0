import { hash } from "node:crypto";
import { createKeyward, memoryStore, type AdmissionRequest } from "@keyward/core";
import { RateLimiterMemory, RateLimiterUnion } from "rate-limiter-flexible";
import { compare } from "./measure.ts";
import { heading, line, target } from "./print.ts";

const HUGE = 1_000_000_000;

class BenchRequest implements AdmissionRequest {
  readonly #key: string;

  constructor(key: string) {
    this.#key = key;
  }

  header(): string {
    return this.#key;
  }

  get secure(): boolean {
    return true;
  }

  get ip(): string {
    return "203.0.113.1";
  }
}

/** What a team would write instead: a digest, a map of keys, and a union of three limiters. */
function glued(raw: string): () => Promise<unknown> {
  const keys = new Map([[hash("sha256", raw, "hex"), { id: "key_1" }]]);
  const limiter = (keyPrefix: string, duration: number) =>
    new RateLimiterMemory({ keyPrefix, points: HUGE, duration });
  const union = new RateLimiterUnion(limiter("sustained", 1), limiter("burst", 1), limiter("daily", 86_400));
  return async () => {
    const key = keys.get(hash("sha256", raw, "hex"));
    if (key === undefined) throw new Error("unknown key");
    return union.consume(key.id);
  };
}

/** `kw.admit` on a cached key, against its one SHA-256 and against the same job glued together. */
export async function benchAdmission(): Promise<boolean[]> {
  const kw = createKeyward({ plans: { default: { rate: HUGE, burst: HUGE, daily: HUGE } } });
  const raw = (await kw.keys.create({ name: "bench" })).secret.reveal();
  await kw.admit(new BenchRequest(raw));

  const [digest, admit, withHeaders, pieces] = await compare([
    { name: "SHA-256 of the key", run: () => hash("sha256", raw, "binary") },
    { name: "kw.admit", run: () => kw.admit(new BenchRequest(raw)) },
    {
      name: "kw.admit and its headers",
      run: () => (kw.admit(new BenchRequest(raw)) as { headers: object }).headers,
    },
    { name: "SHA-256, a Map and RateLimiterUnion of three in memory", run: glued(raw) },
  ]);
  heading("Admission of a cached key, all three limits, in this process");
  if (digest === undefined || admit === undefined || withHeaders === undefined || pieces === undefined)
    return [false];
  for (const { name, ns } of [digest, admit, withHeaders, pieces])
    line(`${ns.toFixed(0).padStart(6)} ns  ${name}`);
  await kw.close();
  return [
    target("kw.admit, in times of its SHA-256", admit.ns / digest.ns, { atMost: 4 }, "×"),
    target("glued together, in times of kw.admit", pieces.ns / admit.ns, { atLeast: 5 }, "×"),
  ];
}

/** Forged keys never reach the key store: counted, not timed. */
export async function countLookUps(): Promise<boolean[]> {
  const store = memoryStore();
  let lookUps = 0;
  const kw = createKeyward({
    store: { ...store, findByDigest: (digest) => ((lookUps += 1), store.findByDigest(digest)) },
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
