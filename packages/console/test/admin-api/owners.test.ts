import { createConsole, type Acting } from "@keyward/console";
import { describe, expect, it } from "vitest";
import { ADDRESS, keywardForTest, setUp } from "./set-up.ts";

describe("whoever acts for one owner", () => {
  it("sees and touches the keys of that owner alone", async () => {
    const { ask } = setUp();
    const acme = await ask("POST", "/api-keys", { as: "ada@acme", body: { name: "ours" } });
    expect(acme.body.key).toMatchObject({ ownerId: "acme" });
    const theirs = await ask("POST", "/api-keys", { as: "eve@evil", body: { name: "theirs" } });
    const id = theirs.body.key.id;
    for (const query of ["", "?ownerId=evil", "?search=theirs&ownerId=evil"]) {
      expect((await ask("GET", `/api-keys${query}`, { as: "ada@acme" })).text).not.toContain(id);
    }
    const attempts = [
      ["GET", ""],
      ["PATCH", ""],
      ["DELETE", ""],
      ["POST", "/regenerate"],
      ["POST", "/rotate"],
      ["GET", "/usage?from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z&per=day"],
    ] as const;
    for (const [method, more] of attempts) {
      const body = method === "PATCH" ? { body: { name: "mine now" } } : {};
      expect(await ask(method, `/api-keys/${id}${more}`, { as: "ada@acme", ...body })).toMatchObject({
        status: 404,
        body: { code: "key-not-found" },
      });
    }
    expect(
      await ask("POST", "/api-keys", { as: "ada@acme", body: { name: "x", ownerId: "evil" } }),
    ).toMatchObject({ status: 400, body: { field: "ownerId" } });
    for (const query of ["", `?keyId=${id}`]) {
      expect((await ask("GET", `/audit${query}`, { as: "ada@acme" })).text).not.toContain(id);
    }
    expect((await ask("GET", `/api-keys/${id}`, { as: "ada" })).body).toMatchObject({ name: "theirs" });
  });

  it("is nobody if authorize says who badly, rather than everybody", async () => {
    const kw = keywardForTest();
    for (const acting of [
      { actor: "" },
      {},
      { actor: "a", ownerId: "" },
      { actor: "a", ownerId: undefined },
    ]) {
      const { fetch } = createConsole(kw, { authorize: () => acting as Acting });
      const response = await fetch(new Request("https://example.com/admin/api/api-keys"), ADDRESS);
      expect(response.status).toBe(500);
    }
  });
});
