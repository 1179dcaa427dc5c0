import { KeywardError, memoryStore } from "@keyward/core";
import { describe, expect, it } from "vitest";
import { setUp } from "./set-up.ts";

describe("a failing key store", () => {
  it.each(["store-unavailable", "store-read-only", "store-full"] as const)(
    "gets 503 %s, without details of the store",
    async (code) => {
      const store = memoryStore();
      const message =
        "The key store at postgres://db.internal:5432/keys did not respond: password for keyward.";
      store.list = () => Promise.reject(new KeywardError(code, message));
      const { ask } = setUp({ store });
      const answer = await ask("GET", "/api-keys");
      expect(answer).toMatchObject({ status: 503, body: { code } });
      expect(answer.headers.get("retry-after")).toBe("1");
      expect(answer.text).not.toMatch(/postgres|db\.internal|5432|password/);
    },
  );
});

describe("text that is not an id, a cursor or an ETag", () => {
  it("is rejected before the store is asked", async () => {
    const store = memoryStore();
    const { kw, ask } = setUp({ store });
    const { key } = await kw.keys.create({ name: "a" });
    const asked: string[] = [];
    const { find, change, list } = store;
    store.find = (id) => (asked.push(id), find(id));
    store.change = (id, ...rest) => (asked.push(id), change(id, ...rest));
    store.list = (...args) => (asked.push("list"), list(...args));
    for (const id of ["%00", "key_%00", "%ED%A0%80", "prod_0Qc3ZkT1-x8Lm-0RaB-1a234b56"]) {
      for (const method of ["GET", "DELETE"]) {
        const answer = await ask(method, `/api-keys/${id}`);
        expect(answer).toMatchObject({ status: 404, body: { code: "key-not-found" } });
        expect(answer.text).not.toContain("prod_");
      }
      for (const path of ["reset-limits", "pause", "resume", "rotate"]) {
        const body = path === "reset-limits" ? undefined : {};
        const answer = await ask("POST", `/api-keys/${id}/${path}`, { body });
        expect(answer).toMatchObject({ status: 404, body: { code: "key-not-found" } });
      }
    }
    const cursor = Buffer.from(JSON.stringify(["newest", "\u0000", "a", null])).toString("base64url");
    for (const query of [`cursor=${cursor}`, "cursor=%00", "search=%00", "ownerId=%00", "plan=%00"]) {
      expect(await ask("GET", `/api-keys?${query}`)).toMatchObject({
        status: 400,
        body: { code: "invalid-input" },
      });
    }
    for (const query of ["cursor=%00", "keyId=%00"]) {
      expect(await ask("GET", `/audit?${query}`)).toMatchObject({
        status: 400,
        body: { code: "invalid-input" },
      });
    }
    expect(asked).toEqual([]);
    const huge = { headers: { "if-match": '"99999999999999999999"' }, body: { name: "b" } };
    expect(await ask("PATCH", `/api-keys/${key.id}`, huge)).toMatchObject({ status: 412 });
  });
});
