import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { rateLimit, type Options } from "express-rate-limit";
import express from "express";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { readLimits } from "../src/limit-fields.ts";
import { readRetryAfterMs } from "../src/retry-after.ts";

const NOW = Date.UTC(2026, 4, 1, 12);

function read(fields: Record<string, string>) {
  return readLimits(new Headers(fields), NOW).map(({ resetAt, ...limit }) => ({
    ...limit,
    resetMs: resetAt && resetAt.getTime() - NOW,
  }));
}

const UNKNOWN = {
  partition: undefined,
  unit: "requests",
  quota: undefined,
  windowMs: undefined,
  remaining: undefined,
  resetMs: undefined,
};

describe("readLimits", () => {
  it("reads named policies, whatever characters their names contain", () => {
    expect(
      read({
        "ratelimit-policy": String.raw`"a,b;c=\"d\\";q=10;w=60, "burst"; q=500; w=1`,
        ratelimit: String.raw`"burst";r=3;t=1,"a,b;c=\"d\\"; r=0; t=59`,
      }),
    ).toEqual([
      { ...UNKNOWN, name: "burst", quota: 500, windowMs: 1000, remaining: 3, resetMs: 1000 },
      {
        ...UNKNOWN,
        name: String.raw`a,b;c="d\ `.trim(),
        quota: 10,
        windowMs: 60_000,
        remaining: 0,
        resetMs: 59_000,
      },
    ]);
  });

  it("reads limits and policies without their optional parts", () => {
    expect(read({ "ratelimit-policy": '"a";q=10', ratelimit: '"a";r=3' })).toEqual([
      { ...UNKNOWN, name: "a", quota: 10, remaining: 3 },
    ]);
    expect(read({ ratelimit: '"a";r=3;t=7' })).toEqual([
      { ...UNKNOWN, name: "a", remaining: 3, resetMs: 7000 },
    ]);
    expect(read({ "ratelimit-policy": '"a";q=10;w=60' })).toEqual([
      { ...UNKNOWN, name: "a", quota: 10, windowMs: 60_000 },
    ]);
    expect(read({ "ratelimit-policy": '"a";q=10;w=60, "b";q=5;w=1', ratelimit: '"b";r=3;t=7' })).toEqual([
      { ...UNKNOWN, name: "b", quota: 5, windowMs: 1000, remaining: 3, resetMs: 7000 },
      { ...UNKNOWN, name: "a", quota: 10, windowMs: 60_000 },
    ]);
    expect(read({ "ratelimit-limit": "10", "ratelimit-remaining": "3" })).toEqual([
      { ...UNKNOWN, name: "", quota: 10, remaining: 3 },
    ]);
  });

  it("reads the unit that a policy counts", () => {
    const policy = '"size";q=65535;qu="content-bytes";w=10, "parallel";q=4;qu="concurrent-requests"';
    expect(read({ "ratelimit-policy": policy, ratelimit: '"size";r=100;t=3, "parallel";r=1' })).toMatchObject(
      [
        { name: "size", unit: "content-bytes", quota: 65_535, remaining: 100 },
        { name: "parallel", unit: "concurrent-requests", quota: 4, remaining: 1 },
      ],
    );
  });

  it("tells the partitions of a policy apart", () => {
    const policy = '"user";q=10;w=60;pk=:YQ==:, "user";q=20;w=60;pk=:Yg==:';
    const limit = '"user";r=2;t=5;pk=:Yg==:, "user";r=1;t=5;pk=:YQ==:';
    expect(read({ "ratelimit-policy": policy, ratelimit: limit })).toMatchObject([
      { name: "user", partition: "Yg==", quota: 20, remaining: 2 },
      { name: "user", partition: "YQ==", quota: 10, remaining: 1 },
    ]);
    const one = '"user";q=10;w=60;pk=:YQ==:';
    for (const [field, partition] of [
      ['"user";r=2;t=5', undefined],
      ['"user";r=2;t=5;pk=:YQ==:', "YQ=="],
    ] as const)
      expect(read({ "ratelimit-policy": one, ratelimit: field })).toMatchObject([{ quota: 10, partition }]);
    expect(read({ "ratelimit-policy": one, ratelimit: '"user";r=2;t=5;pk=:Yg==:' })).toMatchObject([
      { quota: undefined, remaining: 2 },
      { quota: 10, remaining: undefined },
    ]);
  });

  it("reads one limit as in the sixth and seventh draft", () => {
    const limit = { ...UNKNOWN, name: "", quota: 100, windowMs: 60_000, remaining: 7, resetMs: 20_000 };
    for (const policy of ["100;w=60", "10;w=1, 100;w=60"])
      expect(read({ ratelimit: "limit=100, remaining=7, reset=20", "ratelimit-policy": policy })).toEqual([
        limit,
      ]);
    for (const total of ["100", "100, 100;w=60"])
      expect(
        read({
          "ratelimit-limit": total,
          "ratelimit-remaining": "7",
          "ratelimit-reset": "20",
          "ratelimit-policy": "100;w=60",
        }),
      ).toEqual([limit]);
  });

  it("ignores responses from a cache", () => {
    const fields = { "ratelimit-policy": '"a";q=10;w=60', ratelimit: '"a";r=3;t=7' };
    for (const age of ["1", "3600", "0, 5"]) expect(read({ ...fields, age })).toEqual([]);
    for (const age of ["0", ""]) expect(read({ ...fields, age })).toHaveLength(1);
  });

  it.each([
    ["nothing", {}],
    ["an empty field", { ratelimit: "" }],
    ["a name that is not a string", { ratelimit: "burst;r=3;t=1" }],
    ["a name with an open quote", { ratelimit: '"burst;r=3;t=1' }],
    ["a name with a character that strings cannot have", { ratelimit: '"b\u00fcrst";r=3;t=1' }],
    ["an invalid escape", { ratelimit: String.raw`"b\urst";r=3;t=1` }],
    ["text behind a name", { ratelimit: '"a"b;r=3;t=1' }],
    ["a comma at the end", { ratelimit: '"a";r=3;t=1,' }],
    ["a number that is too long", { ratelimit: '"a";r=1234567890123456' }],
    ["a decimal", { ratelimit: '"a";r=3.5;t=1' }],
    ["a negative number", { ratelimit: '"a";r=-3;t=1' }],
    ["a limit without what remains", { ratelimit: '"a";t=1' }],
    ["a policy without a quota", { "ratelimit-policy": '"a";w=1' }],
    ["a policy with a unit that is not a string", { "ratelimit-policy": '"a";q=1;w=1;qu=bytes' }],
    ["a quota in an older form without what remains", { "ratelimit-limit": "7" }],
  ])("ignores %s", (_what, fields) => {
    expect(read(fields)).toEqual([]);
  });

  it("ignores a window of zero and an invalid reset, and keeps the rest", () => {
    expect(read({ "ratelimit-policy": '"a";q=0;w=0', ratelimit: '"a";r=0;t=-1;x;y=?0;z=@1' })).toEqual([
      { ...UNKNOWN, name: "a", quota: 0, remaining: 0 },
    ]);
  });

  it("does not throw for any text that a server can send", () => {
    const text = fc.string().map((value) => value.replace(/[^\x20-\x7e]/g, "?").trim());
    fc.assert(
      fc.property(text, text, text, (ratelimit, policy, retryAfter) => {
        readLimits(new Headers({ ratelimit, "ratelimit-policy": policy }), NOW);
        const waitMs = readRetryAfterMs(new Headers({ "retry-after": retryAfter }), NOW);
        expect(waitMs === undefined || waitMs >= 0).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it.each(["draft-6", "draft-7", "draft-8"] as const)(
    "reads what express-rate-limit sends as %s",
    async (draft) => {
      const app = express();
      const options: Partial<Options> = {
        windowMs: 60_000,
        limit: 5,
        standardHeaders: draft,
        legacyHeaders: false,
      };
      app.use(rateLimit(options), (_request, response) => void response.sendStatus(200));
      const server = createServer(app).listen(0, "127.0.0.1");
      onTestFinished(() => void server.close());
      await once(server, "listening");
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      for (let remaining = 4; remaining >= 0; remaining -= 1) {
        const [limit] = readLimits((await fetch(url)).headers, Date.now());
        expect(limit).toMatchObject({ unit: "requests", quota: 5, windowMs: 60_000, remaining });
        expect(limit?.resetAt?.getTime()).toBeLessThanOrEqual(Date.now() + 61_000);
      }
      const refused = await fetch(url);
      expect(refused.status).toBe(429);
      expect(readLimits(refused.headers, Date.now())[0]).toMatchObject({ remaining: 0 });
      expect(readRetryAfterMs(refused.headers, Date.now())).toBeGreaterThan(50_000);
    },
  );
});

describe("readRetryAfterMs", () => {
  const waitOf = (retryAfter: string, more: Record<string, string> = {}) =>
    readRetryAfterMs(new Headers({ "retry-after": retryAfter, ...more }), NOW);

  it.each([
    ["0", 0],
    ["3", 3000],
    ["1.5", 1500],
    ["0.0001", 1],
    ["2, 7, 5", 7000],
    ["9".repeat(400), 8.64e15],
    ["Fri, 01 May 2026 12:00:03 GMT", 3000],
    ["Friday, 01-May-26 12:00:03 GMT", 3000],
    ["Fri May  1 12:00:03 2026", 3000],
    ["2026-05-01T12:00:03Z", 3000],
    ["2026-05-01T14:00:03.250+02:00", 3250],
    ["Fri, 01 May 2026 11:00:00 GMT", 0],
  ])("reads %j", (retryAfter, ms) => {
    expect(waitOf(retryAfter)).toBe(ms);
  });

  it.each([
    "",
    "-1",
    "+1",
    "1e3",
    "0x10",
    "1.",
    ".5",
    "soon",
    "May 2",
    "2026-05-01",
    "Fri, 99 Foo 2026 99:99:99 GMT",
  ])("ignores %j", (retryAfter) => {
    expect(waitOf(retryAfter)).toBeUndefined();
  });

  it("measures dates by the server's clock", () => {
    const date = "Fri, 01 May 2026 09:00:00 GMT";
    expect(waitOf("Fri, 01 May 2026 09:00:03 GMT", { date })).toBe(3000);
    expect(waitOf("3", { date })).toBe(3000);
  });

  it("subtracts the time that the response has spent in a cache", () => {
    expect(waitOf("30", { age: "10" })).toBe(20_000);
    expect(waitOf("30", { age: "40" })).toBe(0);
    expect(waitOf("30", { age: "no age" })).toBe(30_000);
  });
});
