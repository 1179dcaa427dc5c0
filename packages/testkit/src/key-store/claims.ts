import assert from "node:assert/strict";
import type { KeyStoreCase } from "../test-key-store.ts";
import { HOUR_MS, NOW } from "./fixtures.ts";

/** Claims: what one of several processes does. */
export function testClaims(test: KeyStoreCase): void {
  test("lets exactly one of concurrent calls claim a name", async (store, { reopen }) => {
    const second = (await reopen?.()) ?? store;
    try {
      const claims = await Promise.all(
        Array.from({ length: 8 }, (_, index) => (index % 2 === 0 ? store : second).claim("a", NOW)),
      );
      assert.deepEqual(claims.filter(Boolean), [true]);
      assert.equal(await store.claim("b", NOW), true);
      assert.equal(await second.claim("b", NOW), false);
    } finally {
      if (second !== store) await second.close();
    }
  });

  test("deletes claims that ended, and no others", async (store) => {
    await store.claim("ended", NOW);
    await store.claim("current", NOW + HOUR_MS);
    await store.dropClaims(NOW + 1);
    assert.equal(await store.claim("ended", NOW), true);
    assert.equal(await store.claim("current", NOW), false);
  });
}
