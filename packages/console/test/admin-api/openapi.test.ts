import { openApiDocument } from "@keyward/console";
import { createConfig, lintFromString } from "@redocly/openapi-core";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { describe, expect, it } from "vitest";
import { setUp } from "./set-up.ts";

interface Document {
  readonly paths: Record<
    string,
    Record<string, { parameters?: { name: string; in: string; schema: object }[] }>
  >;
}

const document = openApiDocument() as Document;

describe("the OpenAPI document", () => {
  it("is the same from the package and from the server, and a linter finds nothing", async () => {
    const { ask } = setUp();
    expect((await ask("GET", "/openapi.json")).body).toEqual(JSON.parse(JSON.stringify(document)));
    expect(document).toMatchObject({ openapi: "3.1.0" });
    const config = await createConfig({ extends: ["recommended-strict"] });
    const source = JSON.stringify(document);
    const problems = await lintFromString({ source, absoluteRef: "openapi.json", config });
    expect(problems.map(({ ruleId, message }) => `${ruleId}: ${message}`)).toEqual([]);
  });

  it("names every route that there is", () => {
    const { paths } = document;
    const routes = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(routes.toSorted((a, b) => a.localeCompare(b))).toEqual([
      "DELETE /api-keys/{id}",
      "DELETE /session",
      "DELETE /sessions/{id}",
      "GET /api-keys",
      "GET /api-keys/{id}",
      "GET /api-keys/{id}/networks",
      "GET /api-keys/{id}/usage",
      "GET /audit",
      "GET /audit/verification",
      "GET /overview",
      "GET /owners",
      "GET /owners/{ownerId}",
      "GET /owners/{ownerId}/usage",
      "GET /session",
      "GET /sessions",
      "GET /usage",
      "PATCH /api-keys/{id}",
      "PATCH /owners/{ownerId}",
      "POST /api-keys",
      "POST /api-keys/{id}/pause",
      "POST /api-keys/{id}/reset-limits",
      "POST /api-keys/{id}/resume",
      "POST /api-keys/{id}/rotate",
      "POST /api-keys/identify",
      "POST /api-keys/import",
      "POST /api-keys/search",
      "POST /api-keys/test",
      "POST /owners/{ownerId}/pause",
      "POST /owners/{ownerId}/reset-limits",
      "POST /owners/{ownerId}/resume",
      "POST /session",
    ]);
  });
});

/** Texts at the edges of what names may be. */
const TEXTS = [
  "",
  " ",
  "\u00a0",
  "a",
  " a",
  "\n",
  "a\u0000",
  "a\u007f",
  "a\u0085",
  "\ud800",
  "a\udc00",
  "\u202e",
  "x".repeat(200),
  "x".repeat(201),
  "🔑".repeat(200),
  "🔑".repeat(201),
];
const NUMBERS = [0, 1, 1.5, -1, 1_000_000_000, 1_000_000_001, 1e300, "1", null];
const TIMES = [
  "2099-01-01T00:00:00Z",
  "2099-01-01T00:00:00.123456789+23:59",
  "2099-01-01T00:00:00",
  "2099-01-01T00:00Z",
  "2098-12-31T23:59:60Z",
  "2099-02-29T00:00:00Z",
  "2099-01-01",
  "2099-01-01 00:00:00Z",
  "9999-12-31T23:59:59Z",
  "",
  0,
];
const SCOPES = [
  [],
  ["reports:read"],
  ["a b"],
  [""],
  ["x".repeat(100)],
  ["x".repeat(101)],
  Array(100).fill("a"),
  Array(101).fill("a"),
  "a",
];

const BODIES: readonly object[] = [
  ...TEXTS.map((name) => ({ name })),
  ...TEXTS.map((ownerId) => ({ name: "a", ownerId })),
  ...NUMBERS.map((daily) => ({ name: "a", limits: { rate: 1, burst: 1, daily } })),
  ...TIMES.map((expiresAt) => ({ name: "a", expiresAt })),
  ...SCOPES.map((scopes) => ({ name: "a", scopes })),
  ...["prod", "Prod", "", "p".repeat(17), "1a"].map((environment) => ({ name: "a", environment })),
  ...[{}, [], null, "a", { a: [null] }].map((metadata) => ({ name: "a", metadata })),
  ...["", " ", "a", "203.0.113.0/24", "2001:db8::/48", "203.0.113.7", "10.0.0.0/a", "::1%lo"].map(
    (network) => ({
      name: "a",
      allowedAddresses: [network],
    }),
  ),
  {},
  [],
  { name: "a", unknown: 1 },
  { name: "a", plan: "default" },
  { name: "a", plan: "" },
  { name: 7 },
];

const SHA256S = [
  "",
  "a",
  "g".repeat(64),
  "x".repeat(43),
  `${"y".repeat(43)}=`,
  "A".repeat(44),
  "1b".repeat(32),
];
const HINTS = ["", "a", "12345678", "123456789", "a b", "é", "\u0000"];

const IMPORTS: readonly object[] = [
  ...SHA256S.map((sha256) => ({ name: "a", sha256 })),
  ...HINTS.map((hint, index) => ({ name: "a", sha256: String(index).repeat(3).padEnd(64, "c4"), hint })),
];

describe("the schemas of the OpenAPI document", () => {
  const ajv = new Ajv2020({ strict: false });
  addFormats.default(ajv);
  ajv.addSchema(document, "document");

  it("accept the same bodies as the server", async () => {
    const { ask } = setUp();
    const validate = ajv.compile({ $ref: "document#/components/schemas/CreateApiKey" });
    for (const body of BODIES) {
      const { status, text } = await ask("POST", "/api-keys", { body });
      expect([201, 400], text).toContain(status);
      expect(status === 201, `${JSON.stringify(body).slice(0, 100)} ${text}`).toBe(validate(body));
    }
  });

  it("accept the same imported keys as the server", async () => {
    const { ask } = setUp();
    const validate = ajv.compile({ $ref: "document#/components/schemas/ImportApiKey" });
    for (const body of IMPORTS) {
      const { status, text } = await ask("POST", "/api-keys/import", { body });
      expect([201, 400], text).toContain(status);
      expect(status === 201, `${JSON.stringify(body)} ${text}`).toBe(validate(body));
    }
  });

  it("accept the same queries as the server", async () => {
    const { ask } = setUp();
    for (const name of ["search", "plan", "ownerId", "scope"]) {
      const { schema } =
        document.paths["/api-keys"]?.["get"]?.parameters?.find((each) => each.name === name) ?? {};
      const validate = ajv.compile(schema ?? false);
      // Unpaired surrogates have no form in a URL.
      for (const text of TEXTS.filter((each) => !/\p{Cs}/u.test(each))) {
        const { status } = await ask("GET", `/api-keys?${name}=${encodeURIComponent(text)}`);
        expect(status === 200, `${name} ${JSON.stringify(text)}`).toBe(validate(text));
      }
    }
  });

  it("describe what the server returns, at the edges of what it accepts", async () => {
    const { kw, ask } = setUp();
    const metadata = JSON.parse('{ "__proto__": { "a": 1 }, "\\ud800": "\\udc00" }') as object;
    const body = { name: "🔑".repeat(200), expiresAt: "9999-12-31T23:59:59.999Z", metadata };
    const created = await ask("POST", "/api-keys", { body: JSON.stringify(body) });
    const { id } = created.body.key;
    await ask("POST", `/api-keys/${id}/rotate`, { body: { overlapSeconds: 366 * 86_400 } });
    const validate = ajv.compile({ $ref: "document#/components/schemas/ApiKeyPage" });
    const { body: page, text } = await ask("GET", "/api-keys");
    expect(validate(page), JSON.stringify(validate.errors)).toBe(true);
    const stored = await kw.keys.get(id);
    expect(stored).toMatchObject({ name: body.name });
    expect(JSON.stringify(stored?.metadata)).toBe(JSON.stringify(metadata));
    expect(text).toContain(JSON.stringify(metadata));
  });

  it.each(["9999-12-31T23:59:59-00:01", "9999-12-31T23:59:59-23:59"])(
    "do not let %s become a time in the year 10000",
    async (expiresAt) => {
      const { ask } = setUp();
      expect(await ask("POST", "/api-keys", { body: { name: "a", expiresAt } })).toMatchObject({
        status: 400,
        body: { field: "expiresAt" },
      });
    },
  );
});
