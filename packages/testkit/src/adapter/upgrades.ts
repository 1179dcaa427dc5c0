import assert from "node:assert/strict";
import type { AdapterCase } from "../test-adapter.ts";

const request = (path: string, ...headerLines: readonly string[]) =>
  [`GET ${path} HTTP/1.1`, "Host: 127.0.0.1", ...headerLines, "", ""].join("\r\n");

const upgrade = (path: string, ...headerLines: readonly string[]) =>
  request(path, "Connection: Upgrade", "Upgrade: websocket", ...headerLines);

const statusesOf = (answer: string) =>
  [...answer.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));

/** Both kinds of socket: those of a TLS server have an error listener. */
const loopback = { requireHttps: { allowLoopback: true } };

export function testUpgradesOverHttp(test: AdapterCase): void {
  for (const kind of ["TLS", "plain"] as const) {
    test(`${kind}: handles an upgrade request like any other, and closes`, loopback, async (bench) => {
      const { raw } = await bench.key({ name: "socket" });
      assert.match(await bench.exchange(kind, upgrade("/hello")), /^HTTP\/1\.1 401 [^]*"missing-api-key"/);
      const admitted = await bench.exchange(kind, upgrade("/hello", `x-api-key: ${raw}`));
      assert.match(admitted, /^HTTP\/1\.1 200 [^]*"hello":"socket"/);
    });

    test(`${kind}: handles an upgrade that is pipelined behind requests`, loopback, async (bench) => {
      const { raw } = await bench.key();
      const key = `x-api-key: ${raw}`;
      for (const [text, statuses] of [
        [request("/hello") + upgrade("/hello"), [401, 401]],
        [request("/hello", key) + upgrade("/hello"), [200, 401]],
        [request("/open") + request("/hello") + upgrade("/hello", key), [200, 401, 200]],
      ] as const) {
        assert.deepEqual(statusesOf(await bench.exchange(kind, text)), statuses);
      }
      assert.equal((await bench.ask("/hello", raw)).status, 200, "the server still runs");
    });
  }
}
