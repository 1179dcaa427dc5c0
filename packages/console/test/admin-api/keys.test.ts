import { memoryLimiter } from "@keyward/core";
import { describe, expect, it } from "vitest";
import { setUp, type ApiResponse } from "./set-up.ts";

const KEY = /^prod_\w{8}-\w{4}-\w{4}-\w{8}$/;

describe("the admin API", () => {
  it("makes a key that works, shows it once, and lists it masked", async () => {
    const { kw, ask } = setUp();
    const made = await ask("POST", "/api-keys", {
      body: { name: "billing", scopes: ["reports:write"], metadata: { team: "blue" } },
    });
    expect(made).toMatchObject({
      status: 201,
      body: {
        secret: expect.stringMatching(KEY),
        key: {
          name: "billing",
          ownerId: null,
          plan: null,
          scopes: ["reports:write"],
          status: "active",
          revision: 1,
        },
      },
    });
    expect(made.headers.get("cache-control")).toBe("no-store");
    const raw = made.body.secret;
    const admitted = await kw.admit({ header: () => raw, secure: true, ip: "" });
    expect(admitted.admitted).toBe(true);
    const listed = await ask("GET", "/api-keys");
    expect(listed.body).toMatchObject({
      nextCursor: null,
      keys: [
        {
          masked: `prod_********-****-****-${raw.slice(-8)}`,
          ownLimits: null,
          quota: { limits: { rate: 200, burst: 500, daily: 2000 }, remaining: { daily: 1999 } },
          metadata: { team: "blue" },
        },
      ],
    });
    for (const path of ["/api-keys", `/api-keys/${made.body.key.id}`, "/audit"]) {
      expect((await ask("GET", path)).text).not.toContain(raw);
    }
  });

  it("pages, searches, narrows down and sorts", async () => {
    const { ask } = setUp();
    for (const name of ["b", "a", "c"]) {
      await ask("POST", "/api-keys", { body: { name, ownerId: name === "c" ? "acme" : "other" } });
    }
    const names = ({ body }: ApiResponse) => body.keys.map(({ name }) => name);
    const first = await ask("GET", "/api-keys?order=name&limit=2");
    expect(names(first)).toEqual(["a", "b"]);
    expect(names(await ask("GET", `/api-keys?order=name&limit=2&cursor=${first.body.nextCursor}`))).toEqual([
      "c",
    ]);
    expect(names(await ask("GET", "/api-keys?search=ACME"))).toEqual(["c"]);
    expect(names(await ask("GET", "/api-keys?status=revoked"))).toEqual([]);
    expect(names(await ask("GET", "/api-keys?ownerId=other"))).toEqual(["a", "b"]);
  });

  it("updates, rotates and revokes keys, and records the actor and the address", async () => {
    const { ask } = setUp();
    const { body } = await ask("POST", "/api-keys", { body: { name: "one" } });
    const path = `/api-keys/${body.key.id}`;
    const limits = { rate: 1, burst: 2, daily: 3 };
    const expiresAt = "2099-01-01T00:00:00.000Z";
    expect(await ask("PATCH", path, { body: { name: "two", limits, plan: "pro", expiresAt } })).toMatchObject(
      {
        status: 200,
        body: { name: "two", ownLimits: limits, quota: { limits }, plan: "pro", expiresAt, revision: 2 },
      },
    );
    expect(await ask("PATCH", path, { body: { limits: null, expiresAt: null } })).toMatchObject({
      body: { ownLimits: null, quota: { limits: { rate: 5 } }, expiresAt: null },
    });
    const rotated = await ask("POST", `${path}/rotate`, { body: { overlapSeconds: 3600 } });
    expect(rotated).toMatchObject({ status: 201, body: { secret: expect.stringMatching(KEY) } });
    const nextId = rotated.body.key.id;
    expect(await ask("GET", path)).toMatchObject({ body: { rotatedTo: nextId, status: "active" } });
    const now = { body: { overlapSeconds: 0 } };
    expect(await ask("POST", `${path}/rotate`, now)).toMatchObject({
      status: 409,
      body: { code: "key-conflict" },
    });
    expect((await ask("POST", `/api-keys/${nextId}/rotate`, now)).status).toBe(201);
    expect(await ask("GET", `/api-keys/${nextId}`)).toMatchObject({ body: { status: "revoked" } });
    expect(await ask("DELETE", path)).toMatchObject({
      status: 200,
      body: { status: "revoked", quota: null },
    });
    expect(await ask("DELETE", path)).toMatchObject({ status: 200 });
    const revoked = `/api-keys/${(await ask("POST", "/api-keys", { body: { name: "three" } })).body.key.id}`;
    await ask("DELETE", revoked);
    expect(await ask("PATCH", revoked, { body: { name: "four" } })).toMatchObject({
      status: 409,
      body: { code: "key-revoked" },
    });
    const { body: trail } = await ask("GET", `/audit?keyId=${path.slice("/api-keys/".length)}`);
    const entries = trail.events;
    expect(entries.map(({ action }) => action)).toEqual([
      "key.revoked",
      "key.rotated",
      "key.updated",
      "key.updated",
      "key.created",
    ]);
    expect(new Set(entries.map(({ actor, address }) => `${actor} ${address}`))).toEqual(
      new Set(["ada 203.0.113.7"]),
    );
  });

  it("changes a key only in the version that If-Match names", async () => {
    const { ask } = setUp();
    const made = await ask("POST", "/api-keys", { body: { name: "one" } });
    const path = `/api-keys/${made.body.key.id}`;
    const etag = String((await ask("GET", path)).headers.get("etag"));
    expect(etag).toBe('"1"');
    const rename = (name: string, match: string) =>
      ask("PATCH", path, { body: { name }, headers: { "if-match": match } });
    const both = await Promise.all([rename("mine", etag), rename("yours", etag)]);
    expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 412]);
    expect(both.find(({ status }) => status === 412)?.body).toMatchObject({ code: "key-changed" });
    expect(await rename("later", '"2"')).toMatchObject({ status: 200 });
    for (const malformed of ["3", '"3', "W/3", '"1" "2"', '*, "1"', ","]) {
      expect(await rename("x", malformed)).toMatchObject({ status: 400, body: { field: "if-match" } });
    }
  });

  it("takes every form of If-Match that HTTP has", async () => {
    const { ask } = setUp();
    const made = await ask("POST", "/api-keys", { body: { name: "one" } });
    const path = `/api-keys/${made.body.key.id}`;
    const rename = (match: string) =>
      ask("PATCH", path, { body: { name: match.slice(0, 20) }, headers: { "if-match": match } });
    for (const match of ["*", '"2"', '"1", "3"', '"x","4" , W/"4"']) {
      expect(await rename(match), match).toMatchObject({ status: 200 });
    }
    // The key has the ETag "5". Weak tags do not match, whatever their value.
    for (const match of ['"4"', 'W/"5"', '"1", "2"', '"99999999999999999999"', '""']) {
      expect(await rename(match), match).toMatchObject({ status: 412, body: { code: "key-changed" } });
    }
  });

  it("revokes and replaces a key only in the version that If-Match names", async () => {
    const { ask } = setUp();
    const made = await ask("POST", "/api-keys", { body: { name: "one" } });
    const path = `/api-keys/${made.body.key.id}`;
    await ask("PATCH", path, { body: { name: "two" } });
    const stale = { headers: { "if-match": '"1"' } };
    for (const [method, act] of [
      ["DELETE", ""],
      ["POST", "/pause"],
      ["POST", "/rotate"],
    ] as const) {
      expect(await ask(method, path + act, stale), act).toMatchObject({
        status: 412,
        body: { code: "key-changed" },
      });
    }
    expect((await ask("GET", path)).body).toMatchObject({ status: "active", rotatedTo: null });
    const current = { headers: { "if-match": '"2"' } };
    expect((await ask("POST", `${path}/rotate`, current)).status).toBe(201);
    const rotated = { headers: { "if-match": '"3"' } };
    expect((await ask("DELETE", path, rotated)).status).toBe(200);
    // The same request again: it has been carried out.
    expect((await ask("DELETE", path, rotated)).status).toBe(200);
  });

  it("makes one key for one Idempotency-Key, and says which if asked again", async () => {
    const { kw, ask } = setUp();
    const again = { body: { name: "once" }, headers: { "idempotency-key": "request 1" } };
    const first = await ask("POST", "/api-keys", again);
    const second = await ask("POST", "/api-keys", again);
    expect(second).toMatchObject({
      status: 409,
      body: { code: "already-created", keyId: first.body.key.id },
    });
    expect(second.text).not.toContain(first.body.secret);
    // Other requests may have the same id.
    expect((await ask("POST", "/api-keys", { ...again, as: "grace" })).status).toBe(201);
    expect((await kw.keys.list()).keys).toHaveLength(2);
  });

  it("gives usage by hour and day", async () => {
    const { kw, ask } = setUp();
    const made = await ask("POST", "/api-keys", { body: { name: "used", plan: "pro" } });
    const raw = made.body.secret;
    for (let times = 0; times < 7; times += 1) await kw.admit({ header: () => raw, secure: true, ip: "" });
    const path = `/api-keys/${made.body.key.id}/usage`;
    const from = new Date(Date.now() - 3_600_000).toISOString();
    const to = new Date(Date.now() + 3_600_000).toISOString();
    for (const per of ["hour", "day"]) {
      const { body } = await ask("GET", `${path}?from=${from}&to=${to}&per=${per}`);
      const rows = body.rows;
      expect(rows.reduce((sum, { admitted }) => sum + admitted, 0)).toBe(5);
      expect(rows.reduce((sum, { refused }) => sum + refused, 0)).toBe(2);
    }
    const year = `${path}?from=2020-01-01T00:00:00Z&to=2021-01-01T00:00:00Z`;
    expect(await ask("GET", `${year}&per=hour`)).toMatchObject({ status: 400, body: { field: "to" } });
    expect(await ask("GET", `${year}&per=day`)).toMatchObject({ status: 200 });
    expect(await ask("GET", `${path}?per=week`)).toMatchObject({
      status: 400,
      body: { code: "invalid-input" },
    });
  });

  it("lists the networks that a key was used from", async () => {
    const { kw, ask } = setUp();
    const made = await ask("POST", "/api-keys", { body: { name: "used", plan: "pro" } });
    await kw.admit({ header: () => made.body.secret, secure: true, ip: "203.0.113.9" });
    const { body } = await ask("GET", `/api-keys/${made.body.key.id}/networks`);
    expect(body).toMatchObject({ networks: [{ network: "203.0.113.0/24" }] });
  });

  it("finds the newest key of a line, and counts only for the first page unless asked", async () => {
    const { kw, ask } = setUp();
    const { key } = await kw.keys.create({ name: "ci" });
    await kw.keys.create({ name: "another" });
    const { key: newest } = await kw.keys.rotate(key.id);
    const line = `/api-keys?lineageId=${key.id}`;
    expect((await ask("GET", `${line}&isRotated=no`)).body).toMatchObject({
      keys: [{ id: newest.id }],
      total: 1,
    });
    const { body } = await ask("GET", `${line}&limit=1`);
    expect(body).toMatchObject({ total: 2 });
    const next = `${line}&limit=1&cursor=${body.nextCursor}`;
    expect((await ask("GET", next)).body).toMatchObject({ keys: [{ id: key.id }], total: null });
    expect((await ask("GET", `${next}&count=yes`)).body).toMatchObject({ total: 2 });
    expect((await ask("GET", `${line}&count=no`)).body).toMatchObject({ total: null });
  });

  it("still shows and revokes keys when the limiter does not respond", async () => {
    const broken = Object.assign(memoryLimiter(), { peek: () => Promise.reject(new Error("gone")) });
    const { ask } = setUp({ limiter: broken });
    const made = await ask("POST", "/api-keys", { body: { name: "one", plan: "pro" } });
    expect(made.body.key).toMatchObject({ quota: null, plan: "pro" });
    expect((await ask("GET", "/api-keys")).status).toBe(200);
    expect((await ask("DELETE", `/api-keys/${made.body.key.id}`)).status).toBe(200);
  });
});
