import { createKeyward, type KeyPolicy, type Keyward } from "@keyward/core";
import { describe, expect, it } from "vitest";
import { DAY_MS, NOON } from "../admission/set-up.ts";

function setUp(keyPolicy: KeyPolicy) {
  let now = NOON;
  const kw: Keyward = createKeyward({ keyPolicy, clock: () => now });
  return { kw, advance: (ms: number) => void (now += ms) };
}

const inDays = (days: number) => new Date(NOON + days * DAY_MS);
const tooLong = { code: "invalid-input", field: "expiresAt", message: /^expiresAt must be at most 90 days/ };
const refusal = { ...tooLong, message: expect.stringMatching(tooLong.message) as string };

describe("keyPolicy", () => {
  it.each<[string, KeyPolicy, Date | undefined]>([
    ["without a policy", {}, undefined],
    ["with a longest lifetime", { maxLifetimeDays: 90 }, inDays(90)],
    ["with a usual lifetime", { defaultLifetimeDays: 30 }, inDays(30)],
    ["with both", { maxLifetimeDays: 90, defaultLifetimeDays: 30 }, inDays(30)],
  ])("gives a new key its expiry %s", async (_name, policy, expiresAt) => {
    const { kw } = setUp(policy);
    const { key } = await kw.keys.create({ name: "a" });
    expect(key.expiresAt).toEqual(expiresAt);
    const { key: longer } = await kw.keys.create({ name: "b", expiresAt: inDays(89) });
    expect(longer.expiresAt).toEqual(inDays(89));
  });

  it("refuses longer lifetimes on create, import, rotate and update", async () => {
    const { kw, advance } = setUp({ maxLifetimeDays: 90 });
    const { key } = await kw.keys.create({ name: "a" });
    const expiresAt = new Date(NOON + 90 * DAY_MS + 1);
    await expect(kw.keys.create({ name: "b", expiresAt })).rejects.toMatchObject(refusal);
    await expect(kw.keys.import({ name: "b", sha256: "a1".repeat(32), expiresAt })).rejects.toMatchObject(
      refusal,
    );
    await expect(kw.keys.rotate(key.id, { expiresAt })).rejects.toMatchObject(refusal);
    await expect(kw.keys.update(key.id, { expiresAt })).rejects.toMatchObject(refusal);
    await expect(kw.keys.update(key.id, { expiresAt: null })).rejects.toMatchObject(refusal);
    expect((await kw.keys.get(key.id))?.expiresAt).toEqual(inDays(90));
    // The lifetime of a successor begins with the rotation.
    advance(10 * DAY_MS);
    const { key: successor } = await kw.keys.rotate(key.id);
    expect(successor.expiresAt).toEqual(inDays(100));
  });

  it.each([
    [{ maxLifetimeDays: 0 }, /keyPolicy\.maxLifetimeDays must be a whole number from 1/],
    [{ defaultLifetimeDays: 1.5 }, /keyPolicy\.defaultLifetimeDays must be a whole number from 1/],
    [{ maxLifetimeDays: 10, defaultLifetimeDays: 20 }, /defaultLifetimeDays/],
    [{ maxAge: 10 }, /keyPolicy/],
  ])("must not be %j", (keyPolicy, message) => {
    expect(() => createKeyward({ keyPolicy: keyPolicy as KeyPolicy })).toThrow(message);
  });
});
