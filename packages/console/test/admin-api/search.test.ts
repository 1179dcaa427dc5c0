import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { setUp, type ApiResponse } from "./set-up.ts";

const names = ({ body }: ApiResponse) => body.keys.map(({ name }) => name);

describe("a search by POST", () => {
  it("finds, filters, sorts and pages as GET does", async () => {
    const { ask } = setUp();
    for (const name of ["b", "a", "c"]) {
      await ask("POST", "/api-keys", {
        body: { name, ownerId: name === "c" ? "acme" : "other", plan: name === "c" ? "pro" : "default" },
      });
    }
    const search = (body: object) => ask("POST", "/api-keys/search", { body });
    const first = await search({ order: "name", limit: 2 });
    expect(names(first)).toEqual(["a", "b"]);
    expect(names(await search({ order: "name", cursor: first.body.nextCursor }))).toEqual(["c"]);
    expect(names(await search({ search: "ACME" }))).toEqual(["c"]);
    expect(names(await search({ ownerId: "other", status: "active", plan: "default" }))).toEqual(["a", "b"]);
    for (const [field, body] of [
      ["limit", { limit: 1001 }],
      ["search", { search: "" }],
      ["owner", { owner: "acme" }],
    ] as const) {
      expect(await search(body)).toMatchObject({ status: 400, body: { field } });
    }
  });
});

describe("a whole key", () => {
  it("is identified, whether issued here or imported, and never repeated", async () => {
    const { kw, ask } = setUp({ importedKeys: /^sk_live_\w{16}$/ });
    const { key, secret } = await kw.keys.create({ name: "billing" });
    const foreign = "sk_live_4eC39HqLyjWDarjt";
    const sha256 = createHash("sha256").update(foreign).digest("hex");
    const imported = await kw.keys.import({ name: "old system", sha256 });
    for (const [raw, id] of [
      [secret.reveal(), key.id],
      [foreign, imported.id],
    ] as const) {
      const answer = await ask("POST", "/api-keys/identify", { body: { key: raw } });
      expect(answer).toMatchObject({ status: 200, body: { id } });
      expect(answer.text).not.toContain(raw);
    }
  });

  it("that is unknown, too long or not text is refused, and never repeated", async () => {
    const { ask } = setUp();
    const raw = "prod_0Qc3ZkT1-x8Lm-0RaB-1a234b56";
    for (const [key, status] of [
      [raw, 404],
      ["", 404],
      [raw.repeat(10), 400],
      [[raw], 400],
    ] as const) {
      const answer = await ask("POST", "/api-keys/identify", { body: { key } });
      expect(answer.status).toBe(status);
      expect(answer.text).not.toContain(raw);
    }
  });

  it("of another owner is unknown to an actor of one owner, and so are its other keys", async () => {
    const { kw, ask } = setUp();
    const { secret } = await kw.keys.create({ name: "theirs", ownerId: "umbrella" });
    const body = { key: secret.reveal() };
    expect((await ask("POST", "/api-keys/identify", { as: "ada@acme", body })).status).toBe(404);
    expect((await ask("POST", "/api-keys/identify", { as: "eve@umbrella", body })).status).toBe(200);
    const search = { search: "theirs", ownerId: "umbrella" };
    expect(await ask("POST", "/api-keys/search", { as: "ada@acme", body: search })).toMatchObject({
      status: 403,
      body: { field: "ownerId" },
    });
  });
});

describe("the test of a key", () => {
  it("returns the decision about a request of cost 0, and never the key", async () => {
    const { kw, ask } = setUp();
    const { key, secret } = await kw.keys.create({ name: "billing", limits: { daily: 5 } });
    const raw = secret.reveal();
    const test = () => ask("POST", "/api-keys/test", { body: { key: raw } });
    const valid = await test();
    expect(valid).toMatchObject({ status: 200, body: { admitted: true, status: 200, key: { id: key.id } } });
    expect((await kw.quota(key)).remaining["daily"]).toBe(5);
    await kw.keys.revoke(key.id);
    const revoked = await test();
    expect(revoked).toMatchObject({ status: 200, body: { admitted: false, status: 401 } });
    for (const { text } of [valid, revoked]) expect(text).not.toContain(raw);
  });

  it("does not tell a customer another owner's key from an unknown one, and sends neither through admission", async () => {
    const { kw, ask } = setUp();
    const decided: string[] = [];
    kw.events.on("admitted", () => decided.push("admitted"));
    kw.events.on("refused", () => decided.push("refused"));
    const theirs = (await kw.keys.create({ name: "theirs", ownerId: "umbrella" })).secret.reveal();
    const ours = (await kw.keys.create({ name: "ours", ownerId: "acme" })).secret.reveal();
    const test = (key: string) => ask("POST", "/api-keys/test", { as: "jane@acme", body: { key } });
    const [other, unknown] = [await test(theirs), await test("prod_0Qc3ZkT1-x8Lm-0RaB-1a234b56")];
    expect(other.status).toBe(404);
    expect(other.body).toEqual(unknown.body);
    expect(decided).toEqual([]);
    expect(await test(ours)).toMatchObject({ status: 200, body: { admitted: true } });
    expect(decided).toEqual(["admitted"]);
  });
});
