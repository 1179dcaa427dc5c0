import { createKeyward, type KeywardOptions } from "@keyward/core";
import { describe, expect, it } from "vitest";

type Headers = Readonly<Record<string, string | readonly string[]>>;

async function setUp(options: KeywardOptions) {
  const kw = createKeyward(options);
  const { secret } = await kw.keys.create({ name: "a" });
  const codeOf = async (headers: Headers) => {
    const decision = await kw.admit({ header: (name) => headers[name], secure: true, ip: "203.0.113.1" });
    return decision.admitted ? "admitted" : decision.problem.code;
  };
  return { raw: secret.reveal(), codeOf };
}

describe("keyFrom", () => {
  it("finds a key in any of its places, and refuses several", async () => {
    const { raw, codeOf } = await setUp({ keyFrom: ["X-Api-Key", "api-key", "Bearer"] });
    expect(await codeOf({ "x-api-key": raw })).toBe("admitted");
    expect(await codeOf({ "api-key": raw })).toBe("admitted");
    expect(await codeOf({ authorization: `Bearer ${raw}` })).toBe("admitted");
    expect(await codeOf({})).toBe("missing-api-key");
    for (const headers of [
      { "x-api-key": raw, "api-key": raw },
      { "x-api-key": raw, "api-key": "" },
      { "api-key": raw, authorization: `Bearer ${raw}` },
      { "x-api-key": "", authorization: `Bearer ${raw}` },
      { authorization: [`Bearer ${raw}`, "Bearer other"] },
      { authorization: `Bearer other, Bearer ${raw}` },
      { authorization: `Bearer ${raw},Bearer` },
    ]) {
      expect(await codeOf(headers), JSON.stringify(headers).replaceAll(raw, "KEY")).toBe("invalid-api-key");
    }
  });

  it("ignores other schemes, and tokens without the form of a key beside a key", async () => {
    const { raw, codeOf } = await setUp({ keyFrom: ["x-api-key", "bearer"] });
    expect(await codeOf({ authorization: "Basic YTpi" })).toBe("missing-api-key");
    expect(await codeOf({ authorization: `Bearerish ${raw}` })).toBe("missing-api-key");
    expect(await codeOf({ "x-api-key": raw, authorization: "Bearer a.b.c" })).toBe("admitted");
    expect(await codeOf({ "x-api-key": raw, authorization: ["Basic YTpi", "Bearer a.b.c"] })).toBe(
      "admitted",
    );
    expect(await codeOf({ authorization: "Bearer a.b.c" })).toBe("invalid-api-key");
  });

  it("takes a token in the form of imported keys for a key", async () => {
    const { raw, codeOf } = await setUp({
      keyFrom: ["x-api-key", "bearer"],
      importedKeys: /^sk_live_\w{24}$/,
    });
    const headers = { "x-api-key": raw, authorization: "Bearer sk_live_4eC39HqLyjWDarjtT1zdp7dc" };
    expect(await codeOf(headers)).toBe("invalid-api-key");
  });

  it("is read in time that grows with its length alone", async () => {
    const { codeOf } = await setUp({ keyFrom: ["bearer"] });
    const started = performance.now();
    for (const text of [
      " ,".repeat(8000),
      `Bearer${" ".repeat(16_000)}x y`,
      "bearer,".repeat(2000),
      "bearer \t".repeat(2000),
    ]) {
      expect(await codeOf({ authorization: text })).toMatch(/-api-key$/);
    }
    expect(performance.now() - started).toBeLessThan(1000);
  });

  it.each<[unknown, RegExp]>([
    [[], /keyFrom must be a non-empty array of header names or "bearer"/],
    ["x-api-key", /keyFrom must be a non-empty array/],
    [["authorization"], /keyFrom must be "bearer" for keys in Authorization; got "authorization"/],
    [["cookie"], /keyFrom must be a header for keys, such as x-api-key; got "cookie"/],
    [["x-api-key", "X-API-Key"], /keyFrom must be an array of distinct places/],
    [["x api key"], /keyFrom must be a header name/],
  ])("must not be %j", (keyFrom, message) => {
    expect(() => createKeyward({ keyFrom: keyFrom as string[] })).toThrow(message);
  });
});

describe("the refusal of plain HTTP", () => {
  const kw = createKeyward();
  const detailOf = async (headers: Headers, peer: string) => {
    const connection = { encrypted: false, peer, trustedProxy: false };
    const decision = await kw.admit({ header: (name) => headers[name], secure: false, ip: peer, connection });
    return decision.admitted ? "" : decision.problem.detail;
  };

  it("says that the key leaked only if the client itself used plain HTTP", async () => {
    expect(await detailOf({}, "203.0.113.1")).toMatch(/others may have read it: rotate it/);
    expect(await detailOf({ "x-forwarded-proto": "https" }, "203.0.113.1")).not.toMatch(/rotate/);
    expect(await detailOf({}, "127.0.0.1")).not.toMatch(/rotate/);
  });
});
