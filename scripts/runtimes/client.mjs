// Checks @keyward/client against a real API, in the JavaScript runtime that runs this.
import assert from "node:assert/strict";
import process from "node:process";
import { createClient, QuotaExhaustedError } from "../../packages/client/dist/index.js";

const { API, KEY } = process.env;
const api = createClient({ baseUrl: API, apiKey: KEY });

assert.deepEqual(await (await api.fetch("/v1/hello")).json(), { hello: "runtime" });
assert.deepEqual(
  api.limits.map(({ name, quota }) => [name, quota]),
  [
    ["sustained", 20],
    ["burst", 30],
    ["daily", 60],
  ],
);
assert.throws(() => createClient({ baseUrl: "http://api.example.com", apiKey: KEY }), { code: "not-https" });
await assert.rejects(api.fetch("https://other.example/"), { code: "other-origin" });
await assert.rejects(api.fetch("/v1/hello", { signal: AbortSignal.abort() }));

// More than the burst at once: some are refused, wait, and succeed.
const answers = await Promise.all(Array.from({ length: 35 }, () => api.fetch("/v1/hello")));
assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));

const paced = createClient({ baseUrl: API, apiKey: KEY, pace: true });
for (let call = 0; call < 5; call += 1) assert.equal((await paced.fetch("/v1/hello")).status, 200);

await assert.rejects(
  async () => {
    for (let call = 0; call < 30; call += 1) await api.fetch("/v1/hello");
  },
  (error) => error instanceof QuotaExhaustedError && error.resetAt > new Date(),
);
console.log("ok");
