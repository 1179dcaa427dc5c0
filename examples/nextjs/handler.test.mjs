import assert from "node:assert/strict";
import { test } from "node:test";
import { withKeyward } from "@keyward/fetch";
import { testKeyward } from "@keyward/testkit";

const testing = testKeyward();
const handler = withKeyward(testing.kw, () => Response.json({ hello: "world" }), { cost: 10 });

const call = (key) =>
  handler(new Request("https://api.example.com/hello", { headers: key ? { "x-api-key": key } : {} }));

test("requires a key", async () => {
  assert.equal((await call()).status, 401);
  assert.equal((await call((await testing.key()).raw)).status, 200);
});

test("keeps the daily quota", async () => {
  const key = await testing.key();
  await testing.exhaust(key, "daily");
  assert.equal((await call(key.raw)).status, 429);
});
