import assert from "node:assert/strict";
import type { AdapterCase } from "../test-adapter.ts";
import { expectProblem } from "./expect.ts";

/** An address that is neither this machine's nor anybody's (RFC 5737). */
const STRANGER = "203.0.113.7";

export function testTransport(test: AdapterCase): void {
  test("refuses plain HTTP before anything is looked up, and never redirects", {}, async (bench) => {
    const { raw } = await bench.key();
    const answer = await bench.askPlain("/hello", raw);
    const problem = expectProblem(answer, 403, "https-required");
    assert.equal(problem["type"], "urn:keyward:problem:https-required");
    assert.equal(answer.headers.location, undefined);
    assert.equal(bench.lookUps.count, 0);
    assert.equal((await bench.ask("/hello", raw)).status, 200, "the key still works over HTTPS");
  });

  test("believes no client that says it came over HTTPS", {}, async (bench) => {
    const { raw } = await bench.key();
    for (const headers of [
      { "x-forwarded-proto": "https" },
      { forwarded: "proto=https" },
      { "x-forwarded-ssl": "on" },
    ]) {
      expectProblem(await bench.askPlain("/hello", raw, headers), 403, "https-required");
    }
  });

  test("believes a proxy that the application trusts", { trustLoopbackProxy: true }, async (bench) => {
    const { raw } = await bench.key();
    const over = (proto: string) =>
      bench.askPlain("/hello", raw, { "x-forwarded-proto": proto, "x-forwarded-for": STRANGER });
    assert.equal((await over("https")).status, 200);
    expectProblem(await over("http"), 403, "https-required");
  });

  const revoking = { onPlaintextKey: "revoke" } as const;
  test("if told to, revokes a live key that came in clear on the very socket", revoking, async (bench) => {
    const { key, raw } = await bench.key();
    bench.from(STRANGER);
    const { detail } = expectProblem(await bench.askPlain("/hello", raw), 403, "https-required");
    assert.match(String(detail), /was revoked/);
    expectProblem(await bench.ask("/hello", raw), 401, "revoked-api-key");
    const { entries } = await bench.kw.audit.list({ keyId: key.id });
    assert.deepEqual([entries[0]?.action, entries[0]?.address], ["key.revoked", STRANGER]);
  });

  test("revokes nothing for a key that was forged, or came from this machine", revoking, async (bench) => {
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
  test(
    "revokes nothing that a trusted proxy handed on: it may be the proxy that spoke plainly",
    behindProxy,
    async (bench) => {
      const { raw } = await bench.key();
      expectProblem(
        await bench.askPlain("/hello", raw, { "x-forwarded-for": STRANGER }),
        403,
        "https-required",
      );
      assert.equal((await bench.ask("/hello", raw)).status, 200);
    },
  );

  test("revokes nothing when a header shows that a proxy passed it on", revoking, async (bench) => {
    const { raw } = await bench.key();
    bench.from(STRANGER);
    for (const name of ["forwarded", "x-forwarded-for", "x-forwarded-something"]) {
      expectProblem(await bench.askPlain("/hello", raw, { [name]: "proxy" }), 403, "https-required");
    }
    assert.equal((await bench.ask("/hello", raw)).status, 200);
  });

  const local = { requireHttps: { allowLoopback: true } };
  test("for local work, takes plain HTTP from this machine and from nowhere else", local, async (bench) => {
    const { raw } = await bench.key();
    assert.equal((await bench.askPlain("/hello", raw)).status, 200);
    bench.from(STRANGER);
    expectProblem(await bench.askPlain("/hello", raw), 403, "https-required");
  });
}
