import { createKeyward, memoryStore } from "@keyward/core";
import { expect, it, onTestFinished } from "vitest";
import { SECRET } from "../secrets.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

function setUp() {
  let now = Date.UTC(2025, 5, 15, 12);
  const kw = createKeyward({ secret: SECRET, store: memoryStore(), clock: () => now });
  onTestFinished(() => kw.close());
  return {
    kw,
    advance: (ms: number) => void (now += ms),
    use: async (raw: string, ip: string) => {
      const header = (name: string) => (name === "x-api-key" ? raw : undefined);
      expect(await kw.admit({ header, secure: true, ip })).toMatchObject({ admitted: true });
      now += 1000;
      await kw.flush();
    },
  };
}

it("returns the networks that a key line was used from in the last 30 days, the latest first", async () => {
  const { kw, advance, use } = setUp();
  const { key, secret } = await kw.keys.create({ name: "ci", ownerId: "acme" });
  expect(await kw.usage.networks(key.id)).toEqual([]);
  await use(secret.reveal(), "192.0.2.7");
  await use(secret.reveal(), "198.51.100.7");
  await use(secret.reveal(), "::ffff:192.0.2.9");
  const rotated = await kw.keys.rotate(key.id, { overlapMs: 0 });
  advance(DAY_MS);
  await use(rotated.secret.reveal(), "2001:db8:0:1ff::1");
  for (const { id } of [key, rotated.key]) {
    const networks = (await kw.usage.networks(id)).map(({ network }) => network);
    expect(networks).toEqual(["2001:db8:0:100::/56", "192.0.2.0/24", "198.51.100.0/24"]);
  }
  // As the list of allowed addresses accepts them.
  const [first] = await kw.usage.networks(key.id);
  await kw.keys.update(rotated.key.id, { allowedAddresses: [first?.network ?? ""] });
  await use(rotated.secret.reveal(), "2001:db8:0:100::1");
  advance(29 * DAY_MS + HOUR_MS);
  expect((await kw.usage.networks(key.id)).map(({ network }) => network)).toEqual(["2001:db8:0:100::/56"]);
});

it("returns networks only to principals that can reach the key", async () => {
  const { kw, use } = setUp();
  const { key, secret } = await kw.keys.create({ name: "ci", ownerId: "acme" });
  await use(secret.reveal(), "192.0.2.7");
  const as = (ownerId: string) => kw.as({ actor: "jane", ownerId });
  expect(await as("acme").usage.networks(key.id)).toMatchObject([{ network: "192.0.2.0/24" }]);
  await expect(as("umbrella").usage.networks(key.id)).rejects.toMatchObject({ code: "key-not-found" });
  expect(await kw.usage.networks("key_0000000000000000000000")).toEqual([]);
});
