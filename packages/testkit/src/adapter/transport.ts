import assert from "node:assert/strict";
import type { AdapterCase } from "../test-adapter.ts";
import { expectProblem } from "./expect.ts";

/** An address of another machine (RFC 5737). */
const STRANGER = "203.0.113.7";

export function testTransport(test: AdapterCase): void {
  test("refuses plain HTTP without a look-up and without a redirect", {}, async (bench) => {
    const { raw } = await bench.key();
    const answer = await bench.askPlain("/hello", raw);
    const problem = expectProblem(answer, 403, "https-required");
    assert.equal(problem["type"], "urn:keyward:problem:https-required");
    assert.equal(answer.headers.location, undefined);
    assert.equal(bench.lookUps.count, 0);
    assert.equal((await bench.ask("/hello", raw)).status, 200, "the key still works over HTTPS");
  });

  test("ignores forwarding headers of clients", {}, async (bench) => {
    const { raw } = await bench.key();
    for (const headers of [
      { "x-forwarded-proto": "https" },
      { forwarded: "proto=https" },
      { "x-forwarded-ssl": "on" },
    ]) {
      expectProblem(await bench.askPlain("/hello", raw, headers), 403, "https-required");
    }
  });

  test("accepts the scheme from a trusted proxy", { trustLoopbackProxy: true }, async (bench) => {
    const { raw } = await bench.key();
    const over = (proto: string) =>
      bench.askPlain("/hello", raw, { "x-forwarded-proto": proto, "x-forwarded-for": STRANGER });
    assert.equal((await over("https")).status, 200);
    expectProblem(await over("http"), 403, "https-required");
  });

  const revoking = { onPlaintextKey: "revoke", needs: "socket" } as const;
  test(
    "revokes an active key that came over an unencrypted socket, if configured",
    revoking,
    async (bench) => {
      const { key, raw } = await bench.key();
      bench.from(STRANGER);
      const { detail } = expectProblem(await bench.askPlain("/hello", raw), 403, "https-required");
      assert.match(String(detail), /was revoked/);
      expectProblem(await bench.ask("/hello", raw), 401, "revoked-api-key");
      const { events } = await bench.kw.audit.list({ keyId: key.id });
      assert.deepEqual([events[0]?.action, events[0]?.address], ["key.revoked", STRANGER]);
    },
  );

  test("revokes no key for a forged key or a request from this machine", revoking, async (bench) => {
    const { raw } = await bench.key();
    expectProblem(await bench.askPlain("/hello", raw), 403, "https-required");
    bench.from(STRANGER);
    expectProblem(
      await bench.askPlain("/hello", `${raw.slice(0, -1)}${raw.endsWith("a") ? "b" : "a"}`),
      403,
      "https-required",
    );
    expectProblem(await bench.askPlain("/hello"), 403, "https-required");
    assert.equal((await bench.ask("/hello", raw)).status, 200);
  });

  const behindProxy = { ...revoking, trustLoopbackProxy: true };
  test("revokes no key that a trusted proxy forwarded", behindProxy, async (bench) => {
    const { raw } = await bench.key();
    expectProblem(
      await bench.askPlain("/hello", raw, { "x-forwarded-for": STRANGER }),
      403,
      "https-required",
    );
    assert.equal((await bench.ask("/hello", raw)).status, 200);
  });

  test("revokes nothing when a header shows that a proxy passed it on", revoking, async (bench) => {
    const { raw } = await bench.key();
    bench.from(STRANGER);
    for (const name of ["forwarded", "x-forwarded-for", "x-forwarded-something"]) {
      expectProblem(await bench.askPlain("/hello", raw, { [name]: "proxy" }), 403, "https-required");
    }
    assert.equal((await bench.ask("/hello", raw)).status, 200);
  });

  const local = { requireHttps: { allowLoopback: true }, needs: "socket" } as const;
  test("accepts plain HTTP from this machine only, with allowLoopback", local, async (bench) => {
    const { raw } = await bench.key();
    assert.equal((await bench.askPlain("/hello", raw)).status, 200);
    bench.from(STRANGER);
    expectProblem(await bench.askPlain("/hello", raw), 403, "https-required");
  });
}
