import { expect, it } from "vitest";
import { DAY_MS, HOUR_MS, NOON, withClock } from "./set-up.ts";

const endsAt = (at: number) => `@${at / 1000}`;

it("announces the end of a key from 30 days before it expires", async () => {
  const { kw, key, advance } = withClock();
  const { ask } = await key({ expiresAt: new Date(NOON + 40 * DAY_MS) });
  expect((await ask()).headers).not.toHaveProperty("API-Key-Ends");
  advance(10 * DAY_MS);
  expect((await ask()).headers).toMatchObject({
    "API-Key-Ends": `${endsAt(NOON + 40 * DAY_MS)};reason="expiring"`,
    RateLimit: expect.any(String),
  });
  await kw.close();
});

it("announces the end of a key that was rotated with an overlap, and not that of its successor", async () => {
  const { kw, key } = withClock({ requestIdHeader: "x-request-id" });
  const { key: original, ask } = await key();
  expect((await ask()).headers).not.toHaveProperty("API-Key-Ends");
  const { secret } = await kw.keys.rotate(original.id, { overlapMs: HOUR_MS });
  const { headers } = await ask();
  expect(headers["API-Key-Ends"]).toBe(`${endsAt(NOON + HOUR_MS)};reason="rotated"`);
  expect(headers["x-request-id"]).toBeDefined();
  expect((await ask({ key: secret.reveal() })).headers).not.toHaveProperty("API-Key-Ends");
  expect(kw.configuration().exposedHeaders).toContain("API-Key-Ends");
});
