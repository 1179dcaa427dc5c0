import fc from "fast-check";

/** A request to the API. The body's characters stand for bytes, unless it is JSON. */
export interface HostileCall {
  readonly method: string;
  readonly path: string;
  readonly contentType: string | undefined;
  readonly body: Buffer;
}

const VALID: Readonly<Record<string, unknown>> = {
  name: "billing",
  ownerId: "acme",
  environment: "prod",
  scopes: ["reports:write"],
  plan: "default",
  limits: { rate: 10, per: "minute", burst: 20, daily: 100, timeZone: "Europe/Berlin" },
  allowedAddresses: ["203.0.113.0/24"],
  expiresAt: "2040-01-01T00:00:00Z",
  metadata: { team: "a" },
  sha256: "a".repeat(64),
  hint: "1f9c",
  reason: "a reason",
  until: "2040-01-01T00:00:00Z",
  overlapSeconds: 60,
  password: "a password",
  search: "a",
  key: "prod_aaaaaaaa-bbbb-cccc-dddddddd",
};

const TEXTS = [
  "",
  " ",
  "\u0000",
  "\u202E",
  "\u200B",
  "\uD800",
  "a".repeat(201),
  "a".repeat(100_000),
  "%00",
  "../..",
  "<script>alert(1)</script>",
  "' OR 1=1 --",
  "9".repeat(400),
  "+275760-09-13T00:00:00.001Z",
  "2026-02-30T00:00:00Z",
  "0.0.0.0/0",
  "::/0",
  "999.1.1.1/33",
  "constructor",
  "__proto__",
  "keyward:admin",
  "*",
  "reports:*:*",
];

const NUMBERS = [0, -0, -1, 1.5, Infinity, -Infinity, 2 ** 53, 1e21, 5e-324, 1_000_000_001];

/** Any value that JSON can have, and much that applications do not expect. */
const value = fc.oneof(
  fc.constantFrom<unknown>(...TEXTS),
  fc.constantFrom<unknown>(...NUMBERS),
  fc.constantFrom<unknown>(null, true, false, [], {}, [[]], [null], { toString: 1, valueOf: null }),
  fc.string({ unit: "binary", maxLength: 30 }),
  fc.jsonValue({ maxDepth: 3 }),
);

const fieldName = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...Object.keys(VALID)) },
  {
    weight: 1,
    arbitrary: fc.constantFrom("__proto__", "constructor", "toString", "id", "digest", "", "\u0000"),
  },
);

/** Some of the valid fields, and others with hostile values. */
const object = fc
  .tuple(
    fc.subarray(Object.entries(VALID)),
    fc.array(fc.tuple(fieldName, value), { maxLength: 4 }),
    fc.option(fc.tuple(fc.constantFrom("rate", "daily", "per", "timeZone", "until", "__proto__"), value)),
  )
  .map(([valid, hostile, limit]) => {
    const limits = limit === null ? [] : [["limits", { rate: 1, [limit[0]]: limit[1] }] as const];
    const fields = [...valid, ...hostile, ...limits];
    // Written by hand, so that names can occur twice and be `__proto__`.
    return `{${fields.map(([name, each]) => `${JSON.stringify(name)}:${JSON.stringify(each) ?? "null"}`).join(",")}}`;
  });

const text = fc.oneof(
  { weight: 8, arbitrary: object },
  { weight: 1, arbitrary: value.map((each) => JSON.stringify(each) ?? "") },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      "",
      "{",
      "null",
      "[".repeat(50_000),
      `{"a":${"[".repeat(20_000)}${"]".repeat(20_000)}}`,
      '{"name":1e999999}',
      "\uFEFF{}",
      "NaN",
      `{"name":"${"a".repeat(70_000)}"}`,
    ),
  },
);

/** Flips, removes or inserts some bytes. */
const damage = fc.tuple(fc.nat(1000), fc.nat(3), fc.uint8Array({ maxLength: 4 }));

const body = fc
  .tuple(text, fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: damage }))
  .map(([written, change]) => {
    const bytes = Buffer.from(written);
    if (change === undefined) return bytes;
    const [at, removed, added] = change;
    const start = at % (bytes.length + 1);
    return Buffer.concat([bytes.subarray(0, start), added, bytes.subarray(start + removed)]);
  });

/** @param ids of a key and an owner that exist */
export function hostileCall(ids: readonly string[]): fc.Arbitrary<HostileCall> {
  const id = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...ids) },
    { weight: 1, arbitrary: fc.constantFrom("none", "%00", "%ff", "%F0%9F%98%80", "a".repeat(1000), "..;") },
  );
  const onKey = ["", "/rotate", "/pause", "/resume", "/reset-limits"].map(
    (end) => ["/api-keys/", end] as const,
  );
  const onOwner = ["", "/pause", "/resume", "/reset-limits"].map((end) => ["/owners/", end] as const);
  const path = fc.oneof(
    { weight: 2, arbitrary: fc.constantFrom("/api-keys", "/api-keys/import", "/api-keys/search") },
    { weight: 1, arbitrary: fc.constantFrom("/api-keys/identify", "/session", "/nothing") },
    {
      weight: 4,
      arbitrary: fc
        .tuple(fc.constantFrom(...onKey, ...onOwner), id)
        .map(([[before, end], each]) => `${before}${each}${end}`),
    },
  );
  return fc.record({
    method: fc.constantFrom("POST", "POST", "PATCH", "PATCH", "PUT"),
    path,
    contentType: fc.oneof(
      { weight: 9, arbitrary: fc.constant("application/json") },
      {
        weight: 1,
        arbitrary: fc.constantFrom(
          undefined,
          "text/plain",
          "application/json; charset=utf-16",
          "application/x-www-form-urlencoded",
          "multipart/form-data; boundary=a",
        ),
      },
    ),
    body,
  });
}
