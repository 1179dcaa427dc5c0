import assert from "node:assert/strict";
import type { AdapterCase } from "../test-adapter.ts";

const MEGABYTE = 1024 * 1024;

export function testBodies(test: AdapterCase): void {
  for (const kind of ["TLS", "plain"] as const) {
    test(
      `${kind}: does not read the large body of a refused request`,
      { needs: ["socket", "unread bodies"] },
      async (bench) => {
        const head = ["POST /reports HTTP/1.1", "Host: 127.0.0.1"];
        const { answer, sent } = await bench.upload(kind, head, 200 * MEGABYTE);
        assert.match(answer, /^HTTP\/1\.1 40[13] [^]*"(?:missing-api-key|https-required)"/);
        // The kernels of both sides buffer some megabytes.
        assert.ok(sent < 50 * MEGABYTE, `the server read up to ${sent} bytes of the body`);
      },
    );
  }

  test(
    "keeps the connection for a small body that it did not need",
    { needs: "unread bodies" },
    async (bench) => {
      const upload = "POST /reports HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\n\r\nhello";
      const next = "GET /open HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
      const answers = await bench.exchange("TLS", upload + next);
      const statuses = [...answers.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
      assert.deepEqual(statuses, [401, 200]);
    },
  );
}
