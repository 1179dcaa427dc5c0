import { describe, expect, it } from "vitest";
import { codeOf, DAY_MS, violatedOf, withClock, ask } from "./set-up.ts";

describe("a key line", () => {
  it("admits no more than its limits through ten rotations in a burst", async () => {
    const { kw, key, advance } = withClock();
    let { key: current, raw } = await key();
    const keys = [raw];
    let admitted = 0;
    for (let rotation = 0; rotation <= 10; rotation += 1) {
      for (const each of keys) {
        for (let times = 0; times < 60; times += 1) {
          if ((await ask(kw, { key: each })).admitted) admitted += 1;
        }
      }
      const successor = await kw.keys.rotate(current.id, { overlapMs: rotation % 2 === 0 ? DAY_MS : 0 });
      current = successor.key;
      keys.push(successor.secret.reveal());
      advance(1);
    }
    // 500 in the burst; the ten milliseconds earn two more.
    expect(admitted).toBeGreaterThanOrEqual(500);
    expect(admitted).toBeLessThanOrEqual(502);
  });

  it("has one daily quota, whatever is rotated", async () => {
    const { kw, key, advance } = withClock({ plans: { default: { daily: 10 } } });
    let { key: current, raw } = await key({ ownerId: "acme" });
    let admitted = 0;
    for (let rotation = 0; rotation < 10; rotation += 1) {
      for (let times = 0; times < 3; times += 1) if ((await ask(kw, { key: raw })).admitted) admitted += 1;
      const successor = await kw.keys.rotate(current.id, { overlapMs: 0 });
      current = successor.key;
      raw = successor.secret.reveal();
      advance(1000);
    }
    expect(admitted).toBe(10);
    expect((await kw.quota(current)).remaining).toEqual({ daily: 0 });
  });

  it("draws both keys of an overlap on one count, and other keys of the owner on theirs", async () => {
    const { kw, key } = withClock({ plans: { default: { rate: 5, daily: 10 } } });
    const { key: record, ask: askOld } = await key({ ownerId: "acme" });
    const { secret } = await kw.keys.rotate(record.id);
    const askNew = () => ask(kw, { key: secret.reveal() });
    const other = await key({ ownerId: "acme" });
    for (let times = 0; times < 5; times += 1)
      expect(codeOf(await (times % 2 ? askOld() : askNew()))).toBe("admitted");
    for (const request of [askOld, askNew])
      expect(violatedOf(await request())).toEqual(["sustained", "burst"]);
    expect(codeOf(await other.ask())).toBe("admitted");
  });

  it("keeps its count when its plan or its own limits change and change back", async () => {
    const plans = {
      default: { rate: 5, daily: 10 },
      other: { rate: 60, per: "minute", hourly: 100 },
    } as const;
    const { kw, key, advance } = withClock({ plans });
    const { key: record, ask: request } = await key();
    const send = async (times: number) => {
      let admitted = 0;
      for (let count = 0; count < times; count += 1) if ((await request()).admitted) admitted += 1;
      return admitted;
    };
    expect(await send(9)).toBe(5);
    await kw.keys.update(record.id, { plan: "other" });
    // As full as it was: 5 of 60.
    expect(await send(70)).toBe(55);
    await kw.keys.update(record.id, { plan: null });
    expect(await send(5)).toBe(0);
    advance(2000);
    // The day counted what came under the other plan.
    expect(violatedOf(await request())).toEqual(["daily"]);
    await kw.keys.update(record.id, { limits: { daily: 61 } });
    expect(await send(5)).toBe(1);
    await kw.keys.update(record.id, { limits: null });
    advance(DAY_MS);
    expect(await send(9)).toBe(5);
  });
});
