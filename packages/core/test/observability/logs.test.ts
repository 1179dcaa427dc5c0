import { createKeyward, memoryLimiter, type AdmissionRequest } from "@keyward/core";
import type { LimiterStatusChange } from "@keyward/core/limiter";
import { writeLogs, type LogRecord } from "@keyward/core/logs";
import { describe, expect, it, vi } from "vitest";

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function request(raw: string, id?: string): AdmissionRequest {
  return {
    header: (name) => (name === "x-api-key" ? raw : name === "x-request-id" ? id : undefined),
    secure: true,
    ip: "203.0.113.1",
  };
}

describe("writeLogs", () => {
  it("writes a record per event, with masked keys, error messages and context", async () => {
    let degrade: (() => void) | undefined;
    const limiter = Object.assign(memoryLimiter(), {
      onStatus(report: (change: LimiterStatusChange) => void) {
        degrade = () => report({ status: "degraded", error: new Error("Redis is gone") });
        return () => {};
      },
    });
    const kw = createKeyward({ requestIdHeader: "X-Request-Id", limiter });
    const records: LogRecord[] = [];
    const stop = writeLogs(kw, { write: (record) => records.push(record), context: () => ({ trace: "t1" }) });
    const { key, secret } = await kw.keys.create({ name: "logged" });
    const raw = secret.reveal();
    await kw.admit(request(raw));
    await kw.keys.revoke(key.id);
    await kw.admit(request(raw, "from-the-proxy"));
    degrade?.();
    expect(records).toMatchObject([
      { level: "info", event: "key.created", key: { masked: key.masked, name: "logged" }, trace: "t1" },
      { level: "info", event: "key.revoked" },
      {
        level: "warn",
        event: "refused",
        code: "revoked-api-key",
        ip: "203.0.113.1",
        requestId: "from-the-proxy",
        key: { id: key.id },
      },
      { level: "error", event: "limiter.degraded", error: "Redis is gone" },
    ]);
    expect(JSON.stringify(records)).not.toContain(raw);
    stop();
    await kw.admit(request(raw));
    expect(records).toHaveLength(4);
    await kw.close();
  });

  it("writes admitted requests if configured, and lines of JSON by default", async () => {
    const kw = createKeyward();
    const written = vi.spyOn(process.stdout, "write").mockImplementation(() => true);
    writeLogs(kw, { admitted: true });
    const { secret } = await kw.keys.create({ name: "logged" });
    await kw.admit(request(secret.reveal()));
    const lines = written.mock.calls.map(([line]) => JSON.parse(String(line)) as LogRecord);
    written.mockRestore();
    expect(lines.map(({ event }) => event)).toEqual(["key.created", "admitted"]);
    await kw.close();
  });
});

describe("requestIdHeader", () => {
  it("returns the id of the request, or a new one for all its mounts", async () => {
    const kw = createKeyward({ requestIdHeader: "X-Request-Id" });
    const ids: (string | undefined)[] = [];
    kw.events.on("admitted", ({ requestId }) => ids.push(requestId));
    const raw = (await kw.keys.create({ name: "named" })).secret.reveal();
    const named = await kw.admit(request(raw, "abc-123"));
    expect(named.headers).toMatchObject({ "x-request-id": "abc-123", RateLimit: expect.any(String) });
    const outer = await kw.admit(request(raw));
    expect(outer.headers["x-request-id"]).toMatch(UUID);
    const inner = await kw.admit({ ...request(raw), cost: 5, previous: outer });
    expect(inner.headers["x-request-id"]).toBe(outer.headers["x-request-id"]);
    const refused = await kw.admit({ ...request(raw), scopes: ["none"], previous: outer });
    expect(refused.headers["x-request-id"]).toBe(outer.headers["x-request-id"]);
    expect(ids).toEqual(["abc-123", outer.headers["x-request-id"], outer.headers["x-request-id"]]);
    await kw.close();
  });

  it("replaces unsafe ids", async () => {
    const kw = createKeyward({ requestIdHeader: "x-request-id" });
    for (const hostile of ["a\r\nset-cookie: x", "x".repeat(129), "", '{"a":1}', "<script>"]) {
      const { headers } = await kw.admit(request("nonsense", hostile));
      expect(headers["x-request-id"]).toMatch(UUID);
    }
    await kw.close();
    const without = createKeyward();
    expect((await without.admit(request("nonsense", "abc"))).headers).not.toHaveProperty("x-request-id");
    await without.close();
    expect(() => createKeyward({ requestIdHeader: "x request" })).toThrow(
      /requestIdHeader must be a header name; got "x request"/,
    );
  });
});
