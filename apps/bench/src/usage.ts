import { createKeyward, type Keyward, type KeywardOptions } from "@keyward/core";
import { watchKeys } from "@keyward/core/alerts";
import { BenchRequest, PLENTY } from "./bench-request.ts";
import { compare, type Contender } from "./measure.ts";
import { heading, line, target } from "./print.ts";

/** A request with a tag. */
class TaggedRequest extends BenchRequest {
  constructor(
    key: string,
    readonly tag: string | undefined,
  ) {
    super(key);
  }
}

const TAGS = Array.from({ length: 8 }, (_, number) => `/v1/resource-${number}`);

/** The most that tags and the busiest second may add to a request. */
const MAX_ADDED_NS = 60;

/** The time that usage by tag, notices, alerts and `GET /me` add to a bare admission. */
export async function benchUsage(): Promise<boolean[]> {
  const opened: Keyward[] = [];
  const create = (options: KeywardOptions = {}) => {
    const kw = createKeyward({ ...options, plans: { default: PLENTY } });
    opened.push(kw);
    return kw;
  };
  const keyOf = async (kw: Keyward, input: { readonly expiresAt?: Date } = {}) =>
    (await kw.keys.create({ name: "bench", ...input })).secret.reveal();

  async function admits(name: string, kw: Keyward, tagOf: () => string | undefined): Promise<Contender> {
    const raw = await keyOf(kw);
    await kw.admit(new TaggedRequest(raw, undefined));
    return { name, run: () => kw.admit(new TaggedRequest(raw, tagOf())) };
  }

  let next = 0;
  const watched = create();
  const alerts = watchKeys(watched);
  const noticed = create();
  const ending = await keyOf(noticed, { expiresAt: new Date(Date.now() + 86_400_000) });
  const plain = await keyOf(noticed);
  const headersOf = (raw: string) => async () => (await noticed.admit(new BenchRequest(raw))).headers;
  const asked = create();
  const own = await keyOf(asked);
  const timings = await compare([
    await admits("kw.admit without a tag", create(), () => undefined),
    await admits("kw.admit with one tag", create(), () => TAGS[0]),
    await admits("kw.admit with eight tags in turn", create(), () => TAGS[(next = (next + 1) % TAGS.length)]),
    await admits("kw.admit, with alerts", watched, () => undefined),
    { name: "kw.admit and its headers", run: headersOf(plain) },
    { name: "kw.admit and its headers, of a key that ends", run: headersOf(ending) },
    { name: "kw.me, from its cache", run: () => asked.me(new BenchRequest(own)) },
  ]);
  heading("Usage by tag, notices, alerts and GET /me");
  const [bare] = timings;
  for (const { name, ns } of timings) {
    line(`${ns.toFixed(0).padStart(6)} ns, ${(ns - (bare?.ns ?? 0)).toFixed(0).padStart(6)} more  ${name}`);
  }
  const added = Math.max(...timings.slice(1, 3).map(({ ns }) => ns - (bare?.ns ?? 0)));
  const isMet = target("tags add to a request", added, { atMost: MAX_ADDED_NS }, " ns");
  await alerts.close();
  for (const kw of opened) await kw.close();
  return [isMet];
}
