import assert from "node:assert/strict";
import type { Store } from "@keyward/core";
import type { PeriodCount } from "@keyward/core/store";
import type { KeyStoreCase } from "../test-key-store.ts";
import { HOUR_MS, hourlyCount, NOW } from "./fixtures.ts";

/** Sorted, since stores return counts in any order. */
async function read(store: Store, subjects: readonly string[], now: number): Promise<readonly PeriodCount[]> {
  const counts = await store.readCounts(subjects, now);
  const nameOf = ({ subject, period }: PeriodCount) => `${subject} ${period.quota} ${period.startMs}`;
  return [...counts].toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
}

/** Counts of calendar periods, by subject. */
export function testCounts(test: KeyStoreCase): void {
  test("adds up counts by subject and period", async (store) => {
    const month: PeriodCount = {
      subject: "o:acme|k:key_1",
      period: { quota: "monthly", startMs: NOW, endMs: NOW + 30 * 24 * HOUR_MS },
      used: 100,
    };
    await store.addCounts([hourlyCount("o:acme|k:key_1", 0, 3), month]);
    await store.addCounts([
      hourlyCount("o:acme|k:key_1", 0, 4),
      hourlyCount("o:acme|k:key_1", 1, 1),
      hourlyCount("o:acme", 0, 5),
    ]);
    // Refunds are negative.
    await store.addCounts([{ ...month, used: -40 }]);
    assert.deepEqual(await read(store, ["o:acme|k:key_1", "nobody"], NOW), [
      hourlyCount("o:acme|k:key_1", 0, 7),
      hourlyCount("o:acme|k:key_1", 1, 1),
      { ...month, used: 60 },
    ]);
    assert.deepEqual(await read(store, ["o:acme"], NOW), [hourlyCount("o:acme", 0, 5)]);
    assert.deepEqual(await read(store, [], NOW), []);
  });

  test("returns the counts of periods that have not ended", async (store) => {
    await store.addCounts([-1, 0, 1].map((hours) => hourlyCount("k:1", hours, 1)));
    const startsOf = async (now: number) =>
      (await read(store, ["k:1"], now)).map(({ period }) => (period.startMs - NOW) / HOUR_MS);
    assert.deepEqual(await startsOf(NOW - 1), [-1, 0, 1]);
    assert.deepEqual(await startsOf(NOW), [0, 1]);
    assert.deepEqual(await startsOf(NOW + HOUR_MS), [1]);
  });

  test("deletes the counts of one subject, whatever characters its name has", async (store) => {
    const names = ["k:1", "k:1|o", "K:1", "k:_", "k:%25", "' or 1=1 --", "o:ключ", "o:"];
    await store.addCounts(names.map((name) => hourlyCount(name, 0, 1)));
    await store.deleteCounts("k:_");
    await store.deleteCounts("nobody");
    const left = await read(store, names, NOW);
    assert.deepEqual(
      left.map(({ subject }) => subject),
      names.filter((name) => name !== "k:_").toSorted(),
    );
    await store.addCounts([hourlyCount("k:_", 0, 2)]);
    assert.deepEqual(await read(store, ["k:_"], NOW), [hourlyCount("k:_", 0, 2)]);
  });

  test("deletes the counts of periods that ended before a time, and no others", async (store) => {
    await store.addCounts([-2, -1, 0].map((hours) => hourlyCount("k:1", hours, 1)));
    await store.dropCounts(NOW);
    assert.deepEqual(await read(store, ["k:1"], 0), [hourlyCount("k:1", -1, 1), hourlyCount("k:1", 0, 1)]);
  });

  test("stores and returns the counts of many subjects in one call", async (store) => {
    const counts = Array.from({ length: 1234 }, (_, number) => hourlyCount(`k:${number}`, 0, number + 1));
    await store.addCounts(counts);
    const subjects = counts.slice(0, 500).map(({ subject }) => subject);
    assert.deepEqual(
      await read(store, subjects, NOW),
      counts.slice(0, 500).toSorted((a, b) => (a.subject < b.subject ? -1 : 1)),
    );
  });

  test("adds up counts that are written concurrently in different orders", async (store) => {
    const numbers = Array.from({ length: 50 }, (_, number) => number);
    const backwards = numbers.toReversed();
    await Promise.all(
      [numbers, backwards, numbers, backwards].map((order) =>
        store.addCounts(order.map((number) => hourlyCount(`k:${number}`, 0, 1))),
      ),
    );
    const counts = await read(
      store,
      numbers.map((number) => `k:${number}`),
      NOW,
    );
    assert.deepEqual(
      counts.map(({ used }) => used),
      numbers.map(() => 4),
    );
  });
}
