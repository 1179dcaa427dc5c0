import { testKeyward } from "@keyward/testkit";
import { expect, it, onTestFinished } from "vitest";
import { createApp } from "./create-app.ts";

/** Testing an application that Keyward protects: keys on demand and a test clock. */
async function startApp() {
  const test = testKeyward();
  const app = await createApp(test.kw);
  await app.listen(0, "127.0.0.1");
  onTestFinished(() => app.close());
  const url = await app.getUrl();
  return { test, hello: (key: string) => fetch(`${url}/v1/hello`, { headers: { "x-api-key": key } }) };
}

it("greets the holder of a key by its name", async () => {
  const { test, hello } = await startApp();
  const { raw } = await test.key({ name: "Ada" });
  const response = await hello(raw);
  expect(await response.json()).toEqual({ hello: "Ada" });
});

it("responds with 429 when the daily quota is used up, and serves again the next day", async () => {
  const { test, hello } = await startApp();
  const key = await test.key();
  await test.exhaust(key, "daily");
  expect((await hello(key.raw)).status).toBe(429);
  test.clock.advance(86_400_000);
  expect((await hello(key.raw)).status).toBe(200);
});

it("asks who presents an expired key for another one", async () => {
  const { test, hello } = await startApp();
  const response = await hello(await test.refusedKey("expired-api-key"));
  expect(response.status).toBe(401);
  expect(test.refusals).toEqual(["expired-api-key"]);
});
