import { memoryStore, type UsageBucket, type UsageQueryInput } from "@keyward/core";
import { describe, expect, it } from "vitest";
import { codeOf, HOUR_MS, NOON, withClock } from "../admission/set-up.ts";

const MINUTE_MS = 60_000;
const day = { from: new Date(NOON), to: new Date(NOON + 1), per: "day" } as const;

/** Groups as text, with one count. */
function texts(buckets: readonly UsageBucket[], count: "admitted" | "refused" = "admitted"): string[] {
  return buckets
    .map(({ ownerId, keyId, tag, policy, ...counts }) =>
      [ownerId, keyId, tag, policy, counts[count]].filter((part) => part !== undefined).join(" "),
    )
    .toSorted();
}

describe("usage by group", () => {
  it("counts requests under their tags, and those without one apart", async () => {
    const clock = withClock();
    const { key, ask } = await clock.key();
    await ask({ tag: "search", cost: 5 });
    await ask({ tag: "search" });
    await ask({ tag: "export" });
    await ask();
    const byTag = await clock.kw.usage.query({ keyId: key.id, ...day, by: ["tag"] });
    expect(texts(byTag)).toEqual(["1", "export 1", "search 2"]);
    expect(byTag.find(({ tag }) => tag === "search")).toMatchObject({ cost: 6, busiestSecond: 2 });
    expect(await clock.kw.usage.query({ keyId: key.id, ...day })).toMatchObject([{ admitted: 4, cost: 8 }]);
  });

  it("returns the usage of a key line, whichever of its keys is named", async () => {
    const clock = withClock();
    const first = await clock.key();
    await first.ask();
    const { key, secret } = await clock.kw.keys.rotate(first.key.id, { overlapMs: HOUR_MS });
    await first.ask({ key: secret.reveal() });
    await first.ask();
    for (const keyId of [first.key.id, key.id]) {
      const input: UsageQueryInput = { keyId, ...day, by: ["key"] };
      expect(texts(await clock.kw.usage.query(input))).toEqual([`${first.key.id} 3`]);
    }
  });

  it("groups by owner, by key and by policy, and returns all usage if no owner is named", async () => {
    const clock = withClock({ plans: { default: { rate: 1, burst: 2 } } });
    const [a, b, alone] = [
      await clock.key({ ownerId: "acme" }),
      await clock.key({ ownerId: "acme" }),
      await clock.key(),
    ];
    for (const { ask } of [a, b, b, alone, alone, alone]) await ask();
    const query = (input: Partial<UsageQueryInput>) => clock.kw.usage.query({ ...day, ...input });
    expect(texts(await query({}))).toEqual(["5"]);
    expect(texts(await query({ by: ["owner"] }))).toEqual(["2", "acme 3"]);
    expect(texts(await query({ ownerId: "acme", by: ["key"] }))).toEqual(
      [`${a.key.id} 1`, `${b.key.id} 2`].toSorted(),
    );
    expect(texts(await query({ by: ["policy"] }), "refused")).toEqual(["burst 1", "sustained 1"]);
    expect(texts(await query({ by: ["policy", "owner"] }), "refused")).toEqual(["burst 1", "sustained 1"]);
  });

  it("returns to a customer only the usage of its keys, whatever it groups by", async () => {
    const clock = withClock();
    const own = await clock.key({ ownerId: "acme" });
    const others = [await clock.key({ ownerId: "globex" }), await clock.key()];
    for (const { ask } of [own, ...others]) await ask({ tag: "search" });
    const acme = clock.kw.as({ actor: "ada", ownerId: "acme" });
    expect(texts(await acme.usage.query(day))).toEqual(["1"]);
    expect(texts(await acme.usage.query({ ...day, by: ["owner", "key", "tag"] }))).toEqual([
      `acme ${own.key.id} search 1`,
    ]);
    for (const input of [{ ownerId: "globex" }, { ownerId: undefined }, { keyId: undefined }]) {
      const code = expect.stringMatching(/^(?:not-permitted|invalid-input)$/) as unknown;
      await expect(acme.usage.query({ ...day, ...input } as UsageQueryInput)).rejects.toMatchObject({ code });
    }
    for (const { key } of others) {
      await expect(acme.usage.query({ ...day, keyId: key.id })).rejects.toMatchObject({
        code: "key-not-found",
      });
    }
  });

  it("counts refusals by problem code", async () => {
    const clock = withClock({ plans: { default: { rate: 1 } } });
    const { key, ask } = await clock.key();
    await ask();
    expect(codeOf(await ask())).toBe("rate-limit-exceeded");
    expect(codeOf(await ask({ scopes: ["reports:read"] }))).toBe("insufficient-scope");
    await clock.kw.keys.revoke(key.id);
    expect(codeOf(await ask())).toBe("revoked-api-key");
    expect(await clock.kw.usage.query({ keyId: key.id, ...day })).toMatchObject([
      {
        admitted: 1,
        refused: 3,
        refusedWith: { "rate-limit-exceeded": 1, "insufficient-scope": 1, "revoked-api-key": 1 },
      },
    ]);
  });

  it("finds the busiest second of keys, owners and tags, across flushes", async () => {
    const clock = withClock();
    const [a, b] = [await clock.key({ ownerId: "acme" }), await clock.key({ ownerId: "acme" })];
    for (let count = 0; count < 3; count += 1) await a.ask({ tag: "x" });
    await clock.kw.usage.flush();
    clock.advance(900);
    for (let count = 0; count < 2; count += 1) await a.ask({ tag: "y" });
    await b.ask({ tag: "x" });
    clock.advance(100);
    for (let count = 0; count < 4; count += 1) await b.ask({ tag: "y" });
    const busiest = async (input: Partial<UsageQueryInput>) =>
      (await clock.kw.usage.query({ ...day, ...input })).map(({ busiestSecond }) => busiestSecond).toSorted();
    expect(await busiest({ keyId: a.key.id })).toEqual([5]);
    expect(await busiest({ keyId: b.key.id })).toEqual([4]);
    expect(await busiest({ ownerId: "acme" })).toEqual([6]);
    expect(await busiest({ ownerId: "acme", by: ["tag"] })).toEqual([4, 4]);
  });

  it("returns minutes", async () => {
    const clock = withClock();
    const { key, ask } = await clock.key();
    await ask();
    clock.advance(MINUTE_MS);
    await ask();
    await ask();
    const minutes = { from: new Date(NOON), to: new Date(NOON + 2 * MINUTE_MS), per: "minute" } as const;
    expect(await clock.kw.usage.query({ keyId: key.id, ...minutes })).toMatchObject([
      { start: new Date(NOON), admitted: 1, busiestSecond: 1 },
      { start: new Date(NOON + MINUTE_MS), admitted: 2, busiestSecond: 2 },
    ]);
  });

  it("counts under `other` what is over 50 tags of an owner, in all processes together", async () => {
    const store = memoryStore();
    const processes = [withClock({ store }), withClock({ store })] as const;
    const { ask } = await processes[0].key({ ownerId: "acme" });
    for (let tag = 0; tag < 40; tag += 1) await ask({ tag: `/a/${tag}` });
    await processes[0].kw.usage.flush();
    const other = await processes[1].key({ ownerId: "acme" });
    for (let tag = 0; tag < 60; tag += 1) await other.ask({ tag: `/b/${tag}` });
    const tags = await processes[1].kw.usage.query({ ownerId: "acme", ...day, by: ["tag"] });
    expect(tags).toHaveLength(51);
    expect(tags.find(({ tag }) => tag === "other")).toMatchObject({ admitted: 50 });
  });

  it("keeps a tag that a database could not store", async () => {
    const clock = withClock();
    const { key, ask } = await clock.key();
    await ask({ tag: `a\0b\uD800${"c".repeat(200)}` });
    const [bucket] = await clock.kw.usage.query({ keyId: key.id, ...day, by: ["tag"] });
    expect(bucket?.tag).toBe(`a?b?${"c".repeat(96)}`);
  });

  it("counts a request under the tag of its innermost mount", async () => {
    const clock = withClock();
    const { key, ask } = await clock.key();
    const outer = await ask({ tag: "outer", cost: 2 });
    await ask({ tag: "inner", cost: 2, previous: outer });
    const dearer = await ask({ cost: 1 });
    const inner = await ask({ tag: "dearer", cost: 4, previous: dearer });
    if (inner.admitted) await inner.settle({ cost: 3 });
    const tags = await clock.kw.usage.query({ keyId: key.id, ...day, by: ["tag"] });
    expect(tags.map(({ tag, admitted, cost }) => ({ tag, admitted, cost }))).toEqual([
      { tag: "inner", admitted: 1, cost: 2 },
      { tag: "dearer", admitted: 1, cost: 3 },
    ]);
  });

  it("keeps usage of a long outage by the hour", async () => {
    const memory = memoryStore();
    let isDown = true;
    const store = {
      ...memory,
      addUsage: (batch: Parameters<typeof memory.addUsage>[0]) => {
        if (isDown) throw new Error("down");
        return memory.addUsage(batch);
      },
    };
    const clock = withClock({ store });
    const { key, ask } = await clock.key();
    for (let minute = 0; minute < 30; minute += 1) {
      await ask();
      await clock.kw.usage.flush().catch(() => {});
      clock.advance(MINUTE_MS);
    }
    isDown = false;
    const minutes = { from: new Date(NOON), to: new Date(NOON + HOUR_MS), per: "minute" } as const;
    const buckets = await clock.kw.usage.query({ keyId: key.id, ...minutes });
    expect(buckets.reduce((sum, { admitted }) => sum + admitted, 0)).toBe(30);
    expect(buckets.length).toBeLessThan(30);
  });
});
