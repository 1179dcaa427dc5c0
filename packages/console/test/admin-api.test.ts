import { createConsole, openApiDocument, type Acting } from "@keyward/console";
import { createKeyward, memoryLimiter, type KeywardOptions } from "@keyward/core";
import { createConfig, lintFromString } from "@redocly/openapi-core";
import { afterEach, describe, expect, it } from "vitest";

const ADDRESS = { secure: true, ip: "203.0.113.7" };
const KEY = /^prod_\w{8}-\w{4}-\w{4}-\w{8}$/;
const opened: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const kw of opened.splice(0)) await kw.close();
});

/** What the tests read of bodies. */
interface Body {
  readonly key: { readonly id: string };
  readonly secret: string;
  readonly keys: readonly { readonly name: string }[];
  readonly rows: readonly { readonly admitted: number; readonly refused: number }[];
  readonly entries: readonly { readonly action: string; readonly actor: string; readonly address: string }[];
  readonly nextCursor: string;
  readonly detail: string;
}

interface Answer {
  readonly status: number;
  readonly body: Body;
  readonly text: string;
  readonly headers: Headers;
}

/** A console whose caller is who the header `as` says: nobody, an actor, or an actor for an owner. */
function setUp(options: KeywardOptions = {}) {
  const kw = createKeyward({ plans: { pro: { rate: 5, burst: 5, daily: 5 } }, ...options });
  opened.push(kw);
  const kwConsole = createConsole(kw, {
    authorize({ headers }): Acting | undefined {
      const [actor, ownerId] = (headers.get("as") ?? "").split("@");
      if (actor === undefined || actor === "") return undefined;
      return ownerId === undefined ? { actor } : { actor, ownerId };
    },
  });
  async function ask(
    method: string,
    path: string,
    {
      body,
      as = "ada",
      headers = {},
    }: { body?: unknown; as?: string; headers?: Record<string, string> } = {},
  ): Promise<Answer> {
    const response = await kwConsole.fetch(
      new Request(`https://example.com/admin/api${path}`, {
        method,
        headers: {
          as,
          "sec-fetch-site": "same-origin",
          ...(body !== undefined && { "content-type": "application/json" }),
          ...headers,
        },
        ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
      }),
      ADDRESS,
    );
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: (text === "" ? {} : JSON.parse(text)) as Body,
    };
  }
  return { kw, kwConsole, ask };
}

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
          ownerId: "default",
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
          limits: { rate: 200, burst: 500, daily: 2000 },
          ownLimits: null,
          today: { used: 1 },
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
    const names = ({ body }: Answer) => body.keys.map(({ name }) => name);
    const first = await ask("GET", "/api-keys?order=name&limit=2");
    expect(names(first)).toEqual(["a", "b"]);
    expect(names(await ask("GET", `/api-keys?order=name&limit=2&cursor=${first.body.nextCursor}`))).toEqual([
      "c",
    ]);
    expect(names(await ask("GET", "/api-keys?search=ACME"))).toEqual(["c"]);
    expect(names(await ask("GET", "/api-keys?status=revoked"))).toEqual([]);
    expect(names(await ask("GET", "/api-keys?ownerId=other"))).toEqual(["a", "b"]);
  });

  it("changes, rotates, regenerates and revokes, each with who did it and from where", async () => {
    const { ask } = setUp();
    const { body } = await ask("POST", "/api-keys", { body: { name: "one" } });
    const path = `/api-keys/${body.key.id}`;
    const limits = { rate: 1, burst: 2, daily: 3 };
    const expiresAt = "2099-01-01T00:00:00.000Z";
    expect(await ask("PATCH", path, { body: { name: "two", limits, plan: "pro", expiresAt } })).toMatchObject(
      {
        status: 200,
        body: { name: "two", ownLimits: limits, limits, plan: "pro", expiresAt, revision: 2 },
      },
    );
    expect(await ask("PATCH", path, { body: { limits: null, expiresAt: null } })).toMatchObject({
      body: { ownLimits: null, limits: { rate: 5 }, expiresAt: null },
    });
    const rotated = await ask("POST", `${path}/rotate`, { body: { overlapSeconds: 3600 } });
    expect(rotated).toMatchObject({ status: 201, body: { secret: expect.stringMatching(KEY) } });
    const nextId = rotated.body.key.id;
    expect(await ask("GET", path)).toMatchObject({ body: { rotatedTo: nextId, status: "active" } });
    expect(await ask("POST", `${path}/regenerate`)).toMatchObject({
      status: 409,
      body: { code: "key-conflict" },
    });
    const regenerated = await ask("POST", `/api-keys/${nextId}/regenerate`);
    expect(regenerated.status).toBe(201);
    expect(await ask("DELETE", path)).toMatchObject({
      status: 200,
      body: { status: "revoked", today: null },
    });
    expect(await ask("DELETE", path)).toMatchObject({ status: 200 });
    const revoked = `/api-keys/${(await ask("POST", "/api-keys", { body: { name: "three" } })).body.key.id}`;
    await ask("DELETE", revoked);
    expect(await ask("PATCH", revoked, { body: { name: "four" } })).toMatchObject({
      status: 409,
      body: { code: "key-revoked" },
    });
    const { body: trail } = await ask("GET", `/audit?keyId=${path.slice("/api-keys/".length)}`);
    const entries = trail.entries;
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

  it("changes a key only as it was seen, if told so by If-Match", async () => {
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
    expect(await rename("x", "*")).toMatchObject({ status: 400, body: { field: "if-match" } });
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
    // Somebody else may name a request alike.
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

  it("still shows and revokes keys when the limiter does not answer", async () => {
    const broken = Object.assign(memoryLimiter(), { peek: () => Promise.reject(new Error("gone")) });
    const { ask } = setUp({ limiter: broken });
    const made = await ask("POST", "/api-keys", { body: { name: "one", plan: "pro" } });
    expect(made.body.key).toMatchObject({ today: null, limits: { rate: 5 } });
    expect((await ask("GET", "/api-keys")).status).toBe(200);
    expect((await ask("DELETE", `/api-keys/${made.body.key.id}`)).status).toBe(200);
  });
});

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
    const kw = createKeyward();
    opened.push(kw);
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

describe("bad input", () => {
  it.each([
    ["no name", {}, "name"],
    ["an empty name", { name: "" }, "name"],
    ["a name with a line break", { name: "a\nb" }, "name"],
    ["a name that is no text", { name: 7 }, "name"],
    ["a field that is not there", { name: "x", colour: "red" }, "colour"],
    ["an unknown plan", { name: "x", plan: "gold" }, "plan"],
    ["an unknown environment", { name: "x", environment: "moon" }, "environment"],
    ["a scope with a space", { name: "x", scopes: ["a b"] }, "scopes"],
    ["limits that contradict each other", { name: "x", limits: { rate: 5, burst: 1, daily: 1 } }, "limits"],
    ["limits of nothing", { name: "x", limits: { rate: 0, burst: 1, daily: 1 } }, "limits.rate"],
    ["an expiry that has passed", { name: "x", expiresAt: "2020-01-01T00:00:00Z" }, "expiresAt"],
    ["an expiry that is no time", { name: "x", expiresAt: "tomorrow" }, "expiresAt"],
    ["metadata that is a list", { name: "x", metadata: [] }, "metadata"],
    ["too much metadata", { name: "x", metadata: { a: "x".repeat(9000) } }, "metadata"],
  ])("%s is refused by the name of the field, and makes nothing", async (_what, body, field) => {
    const { kw, ask } = setUp();
    const answer = await ask("POST", "/api-keys", { body });
    expect(answer).toMatchObject({ status: 400, body: { code: "invalid-input", field, status: 400 } });
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(answer.body.detail).toMatch(field);
    expect((await kw.keys.list()).keys).toHaveLength(0);
  });

  it("a body that is no JSON, of another type, or too large is refused as what it is", async () => {
    const { ask } = setUp();
    expect(await ask("POST", "/api-keys", { body: "{" })).toMatchObject({ status: 400 });
    const form = { headers: { "content-type": "application/x-www-form-urlencoded" }, body: "name=x" };
    expect(await ask("POST", "/api-keys", form)).toMatchObject({
      status: 415,
      body: { code: "unsupported-media-type" },
    });
    const large = { name: "x", metadata: { a: "x".repeat(70_000) } };
    expect(await ask("POST", "/api-keys", { body: large })).toMatchObject({
      status: 413,
      body: { code: "too-large" },
    });
  });

  it("what is not there is 404, as a problem", async () => {
    const { ask } = setUp();
    expect(await ask("GET", "/api-keys/key_none")).toMatchObject({
      status: 404,
      body: { code: "key-not-found" },
    });
    for (const path of ["/nothing", "/api-keys/key_none/secret", "/"]) {
      expect(await ask("GET", path)).toMatchObject({ status: 404, body: { code: "not-found" } });
    }
    expect(await ask("GET", "/api-keys?cursor=x")).toMatchObject({ status: 400, body: { field: "cursor" } });
    expect(await ask("GET", "/api-keys?limit=5000")).toMatchObject({ status: 400, body: { field: "limit" } });
  });

  it("options that leave the console open, or are wrong, keep it from being made", () => {
    const kw = createKeyward();
    opened.push(kw);
    const authorize = () => undefined;
    expect(() => createConsole(kw, {} as never)).toThrow(/authorize: got undefined.*open to all/);
    expect(() => createConsole(kw, undefined as never)).toThrow(/authorize/);
    expect(() => createConsole({} as never, { authorize })).toThrow(/createKeyward/);
    for (const basePath of ["admin", "/admin/", "/", "", "/a?b", '/"><script>']) {
      expect(() => createConsole(kw, { authorize, basePath })).toThrow(/basePath: got/);
    }
    for (const signInUrl of ["javascript:alert(1)", "//evil.example", "http://x"]) {
      expect(() => createConsole(kw, { authorize, signInUrl })).toThrow(/signInUrl: got/);
    }
    expect(() => createConsole(kw, { authorize, requireHttps: "no" as never })).toThrow(/requireHttps: got/);
  });
});

describe("who may not", () => {
  it("gets 401 everywhere but for the page and the document, and learns how to sign in", async () => {
    const { kwConsole, ask } = setUp();
    for (const [method, path] of [
      ["GET", "/api-keys"],
      ["POST", "/api-keys"],
      ["GET", "/session"],
      ["GET", "/audit"],
      ["GET", "/nothing"],
    ] as const) {
      expect(await ask(method, path, { as: "" })).toMatchObject({
        status: 401,
        body: { code: "sign-in-required", signIn: null },
      });
    }
    expect((await ask("GET", "/openapi.json", { as: "" })).status).toBe(200);
    const page = await kwConsole.fetch(new Request("https://example.com/admin/keys/key_1"), ADDRESS);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('<base href="/admin/" />');
  });

  it("is refused over plain HTTP, but on this machine if that is allowed", async () => {
    const kw = createKeyward();
    opened.push(kw);
    const authorize = () => ({ actor: "ada" });
    const ask = async (requireHttps: boolean | { allowLoopback: boolean }, ip: string) => {
      const { fetch } = createConsole(kw, { authorize, requireHttps });
      return (await fetch(new Request("http://example.com/admin/api/session"), { ip })).status;
    };
    expect(await ask(true, "127.0.0.1")).toBe(403);
    expect(await ask({ allowLoopback: true }, "127.0.0.1")).toBe(200);
    expect(await ask({ allowLoopback: true }, "203.0.113.7")).toBe(403);
    expect(await ask({ allowLoopback: true }, "")).toBe(403);
    expect(await ask(false, "203.0.113.7")).toBe(200);
  });

  it("comes from another site, whatever cookies the browser adds", async () => {
    const { kw, ask } = setUp();
    const create = { body: { name: "forged" } };
    const elsewhere = [
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
      { "sec-fetch-site": "cross-site", origin: "https://example.com" },
    ];
    for (const headers of elsewhere) {
      expect(await ask("POST", "/api-keys", { ...create, headers })).toMatchObject({
        status: 403,
        body: { code: "cross-origin" },
      });
      expect((await ask("GET", "/api-keys", { headers })).status).toBe(403);
    }
    expect((await kw.keys.list()).keys).toHaveLength(0);
  });

  it("comes from another site by a browser that says only its origin", async () => {
    const { kwConsole } = setUp();
    const ask = async (origin: string) => {
      const request = new Request("https://example.com/admin/api/api-keys", {
        method: "POST",
        headers: { as: "ada", "content-type": "application/json", origin, host: "example.com" },
        body: '{"name":"x"}',
      });
      return (await kwConsole.fetch(request, ADDRESS)).status;
    };
    expect(await ask("https://evil.example")).toBe(403);
    expect(await ask("null")).toBe(403);
    expect(await ask("https://example.com")).toBe(201);
  });
});

describe("every answer", () => {
  it("is for this page alone: no frames, no inline code, nobody's cache", async () => {
    const { kwConsole } = setUp();
    for (const path of ["/", "/keys/x", "/api/session", "/api/nothing", "/assets/none.js"]) {
      const { headers } = await kwConsole.fetch(new Request(`https://example.com/admin${path}`), ADDRESS);
      const policy = headers.get("content-security-policy") ?? "";
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toContain("unsafe");
      expect(headers.get("cache-control")).toBe("no-store");
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("referrer-policy")).toBe("no-referrer");
      expect(headers.get("access-control-allow-origin")).toBeNull();
    }
  });

  it("of the page refers to files that are there, and to none of another host", async () => {
    const { kwConsole } = setUp();
    const get = (path: string) => kwConsole.fetch(new Request(`https://example.com${path}`), ADDRESS);
    expect((await get("/admin")).headers.get("location")).toBe("/admin/");
    const html = await (await get("/admin/")).text();
    const files = [...html.matchAll(/(?:src|href)="(\.\/[^"]+)"/g)].map(([, file]) => String(file));
    expect(files.length).toBeGreaterThanOrEqual(3);
    for (const file of files) {
      const response = await get(new URL(file, "https://example.com/admin/").pathname);
      expect(response.status).toBe(200);
      expect(response.headers.get("cache-control")).toContain("immutable");
    }
    expect(html).not.toMatch(/https?:\/\//);
    expect(html).not.toMatch(/<script(?![^>]*src=)/);
    for (const path of [
      "/admin/assets/../index.html",
      "/admin/assets/%2e%2e%2findex.html",
      "/admin/assets/package.json",
    ]) {
      expect((await get(path)).headers.get("content-type")).not.toContain("application/json;");
    }
  });
});

describe("the OpenAPI document", () => {
  it("is the same from the package and from the server, and a linter has nothing to say", async () => {
    const { ask } = setUp();
    const document = openApiDocument();
    expect((await ask("GET", "/openapi.json")).body).toEqual(JSON.parse(JSON.stringify(document)));
    expect(document).toMatchObject({ openapi: "3.1.0" });
    const config = await createConfig({ extends: ["recommended-strict"] });
    const source = JSON.stringify(document);
    const problems = await lintFromString({ source, absoluteRef: "openapi.json", config });
    expect(problems.map(({ ruleId, message }) => `${ruleId}: ${message}`)).toEqual([]);
  });

  it("names every route that there is", () => {
    const { paths } = openApiDocument() as { paths: Record<string, object> };
    const routes = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(routes.toSorted((a, b) => a.localeCompare(b))).toEqual([
      "DELETE /api-keys/{id}",
      "DELETE /session",
      "GET /api-keys",
      "GET /api-keys/{id}",
      "GET /api-keys/{id}/usage",
      "GET /audit",
      "GET /session",
      "PATCH /api-keys/{id}",
      "POST /api-keys",
      "POST /api-keys/{id}/regenerate",
      "POST /api-keys/{id}/rotate",
      "POST /session",
    ]);
  });
});
