import { createHash } from "node:crypto";
import { createKeyward, KeywardError, type Keyward } from "@keyward/core";
import { describe, expect, it } from "vitest";

const sha256 = createHash("sha256").update("sk_live_1").digest("hex");
const circle = () => {
  const self: Record<string, unknown> = {};
  self["self"] = self;
  return self;
};
/** Metadata that is so many characters of JSON. */
const metadataOf = (length: number) => ({ a: "x".repeat(length - '{"a":""}'.length) });

type Call = (kw: Keyward, id: string, value: unknown) => Promise<unknown>;
const create =
  (field: string): Call =>
  (kw, _id, value) =>
    kw.keys.create({ name: "a", [field]: value });
const update =
  (field: string): Call =>
  (kw, id, value) =>
    kw.keys.update(id, { [field]: value });
const imported =
  (field: string): Call =>
  (kw, _id, value) =>
    kw.keys.import({ name: "a", sha256, [field]: value });
const list =
  (field: string): Call =>
  (kw, _id, value) =>
    kw.keys.list({ [field]: value });

const text = (field: string) =>
  `${field}: got %, wants text of 1 to 200 characters without control or invisible characters.`;
const SCOPES = "scopes: got %, wants an array of at most 100 scopes.";
const SCOPE =
  "scopes: got %, wants scopes of 1 to 100 letters, digits and . : / * _ - such as reports:write.";
const METADATA = "metadata: got %, wants an object.";
const SHA256 = "sha256 must be the SHA-256 of a key, as 64 hexadecimal digits or 43 characters of base64url.";
const HINT = "hint: wants the last 1 to 8 characters of the key.";
const PAGE = "limit: got %, wants a whole number from 1 to 1000.";
const CURSOR = "cursor: wants the nextCursor of a page in the same order.";

/** What is wrong, how it is shown, and all that is said of it: % stands for what it got. */
const WRONG: readonly [string, Call, unknown, string, string][] = [
  ["name", create("name"), "", '""', text("name")],
  ["name", create("name"), "x".repeat(201), JSON.stringify("x".repeat(60)), text("name")],
  ["name", create("name"), "a\u0007", '"a\\u0007"', text("name")],
  ["name", create("name"), "a\u202Eb", '"a\\u{202e}b"', text("name")],
  ["name", update("name"), "a\u2066b", '"a\\u{2066}b"', text("name")],
  ["name", create("name"), "a\u200Bb", '"a\\u{200b}b"', text("name")],
  ["name", create("name"), "a\u200Db", '"a\\u{200d}b"', text("name")],
  ["name", create("name"), "\uFEFFa", '"\\u{feff}a"', text("name")],
  ["name", create("name"), "a\u2028b", '"a\\u{2028}b"', text("name")],
  ["name", create("name"), "a\u0085b", '"a\\u{85}b"', text("name")],
  ["name", create("name"), "a\u3164b", '"a\\u{3164}b"', text("name")],
  ["name", create("name"), "a\uD800b", '"a\\ud800b"', text("name")],
  ["name", create("name"), "a\u{E0041}b", '"a\\u{e0041}b"', text("name")],
  ["ownerId", create("ownerId"), "a\u200Fb", '"a\\u{200f}b"', text("ownerId")],
  ["name", update("name"), 7, "7", text("name")],
  ["ownerId", create("ownerId"), " ", '" "', text("ownerId")],
  ["idempotencyKey", create("idempotencyKey"), "", '""', text("idempotencyKey")],
  ["environment", create("environment"), "dev", '"dev"', "environment: got %, wants one of prod, test."],
  ["environment", imported("environment"), 7, "7", "environment: got %, wants one of prod, test."],
  ["plan", create("plan"), "gold", '"gold"', "plan: got %, wants one of default, pro."],
  ["plan", update("plan"), null, "null", "plan: got %, wants one of default, pro."],
  ["scopes", create("scopes"), "a", '"a"', SCOPES],
  ["scopes", create("scopes"), Array(101).fill("a"), "an array", SCOPES],
  ["scopes", update("scopes"), ["a b"], '"a b"', SCOPE],
  ["scopes", create("scopes"), [7], "7", SCOPE],
  ["scopes", create("scopes"), ["x".repeat(101)], JSON.stringify("x".repeat(60)), SCOPE],
  ["expiresAt", create("expiresAt"), "soon", '"soon"', "expiresAt: got %, wants a Date."],
  ["expiresAt", update("expiresAt"), new Date(Number.NaN), "Invalid Date", "expiresAt: got %, wants a Date."],
  [
    "expiresAt",
    create("expiresAt"),
    new Date(0),
    '"1970-01-01T00:00:00.000Z"',
    "expiresAt: got %, wants a time that is still to come.",
  ],
  ["metadata", create("metadata"), 7, "7", METADATA],
  ["metadata", create("metadata"), [], "an array", METADATA],
  ["metadata", update("metadata"), "a", '"a"', METADATA],
  [
    "metadata",
    create("metadata"),
    circle(),
    '"something circular or a BigInt"',
    "metadata: got %, wants what JSON can hold.",
  ],
  [
    "metadata",
    create("metadata"),
    { a: 1n },
    '"something circular or a BigInt"',
    "metadata: got %, wants what JSON can hold.",
  ],
  [
    "metadata",
    create("metadata"),
    metadataOf(8193),
    '"8193 characters of JSON"',
    "metadata: got %, wants at most 8192.",
  ],
  ["limits", create("limits"), 7, "7", "limits must be { rate, burst, daily }; got %."],
  [
    "limits",
    update("limits"),
    { rate: 1, burst: 1, daily: 0 },
    "0",
    "limits.daily must be a whole number from 1 to 1000000000; got %.",
  ],
  [
    "limits",
    create("limits"),
    { rate: 1, burst: 1, daily: 1e9 + 1 },
    "1000000001",
    "limits.daily must be a whole number from 1 to 1000000000; got %.",
  ],
  ["sha256", imported("sha256"), undefined, "", SHA256],
  ["sha256", imported("sha256"), `${sha256}0`, "", SHA256],
  ["sha256", imported("sha256"), `0${sha256}`, "", SHA256],
  ["sha256", imported("sha256"), `${"a".repeat(43)}==`, "", SHA256],
  ["sha256", imported("sha256"), `+${"a".repeat(43)}`, "", SHA256],
  ["hint", imported("hint"), "123456789", "", HINT],
  ["hint", imported("hint"), 7, "", HINT],
  [
    "overlapMs",
    (kw, id, value) => kw.keys.rotate(id, { overlapMs: value as number }),
    -1,
    "-1",
    "overlapMs: got %, wants milliseconds, 0 or more.",
  ],
  [
    "overlapMs",
    (kw, id, value) => kw.keys.rotate(id, { overlapMs: value as number }),
    Infinity,
    "Infinity",
    "overlapMs: got %, wants milliseconds, 0 or more.",
  ],
  [
    "overlapMs",
    (kw, id, value) => kw.keys.rotate(id, { overlapMs: value as number }),
    "1",
    '"1"',
    "overlapMs: got %, wants milliseconds, 0 or more.",
  ],
  ["actor", (kw, id, value) => kw.keys.revoke(id, { actor: value as string }), "", '""', text("actor")],
  [
    "address",
    (kw, id, value) => kw.keys.revoke(id, { address: value as string }),
    "",
    '""',
    'address: got "", wants a network address.',
  ],
  ["limit", list("limit"), 1001, "1001", PAGE],
  ["limit", list("limit"), 1.5, "1.5", PAGE],
  ["plan", list("plan"), "", '""', text("plan")],
  ["search", list("search"), 7, "7", text("search")],
  ["cursor", list("cursor"), cursor(["newest", 7, "a", null]), "", CURSOR],
  ["cursor", list("cursor"), cursor(["newest", "a", 7, null]), "", CURSOR],
  ["cursor", list("cursor"), cursor(["newest", "a", "a", "1"]), "", CURSOR],
  [
    "label",
    create("label"),
    7,
    "",
    'create: has no field "label"; there are name, ownerId, environment, scopes, plan, limits, expiresAt, metadata, idempotencyKey.',
  ],
  [
    "secret",
    imported("secret"),
    7,
    "",
    'import: has no field "secret"; there are name, ownerId, environment, scopes, plan, limits, expiresAt, metadata, idempotencyKey, sha256, hint.',
  ],
  [
    "ownerId",
    update("ownerId"),
    "b",
    "",
    'update: has no field "ownerId"; there are name, scopes, plan, limits, expiresAt, metadata, ifRevision.',
  ],
  [
    "overlap",
    (kw, id, value) => kw.keys.rotate(id, { overlap: value } as object),
    1,
    "",
    'rotate: has no field "overlap"; there are overlapMs, ifRevision.',
  ],
  [
    "owner",
    list("owner"),
    "a",
    "",
    'list: has no field "owner"; there are ownerId, plan, status, search, order, cursor, limit.',
  ],
];

function cursor(content: unknown): string {
  return Buffer.from(JSON.stringify(content)).toString("base64url");
}

async function setUp() {
  const kw = createKeyward({
    environments: ["prod", "test"],
    plans: { pro: { rate: 1, burst: 1, daily: 1 } },
  });
  const { key } = await kw.keys.create({ name: "there" });
  return { kw, key };
}

describe("input", () => {
  it.each(
    WRONG.map(([field, call, value, shown, message]) => ({
      field,
      call,
      value,
      message: message.replace("%", () => shown),
    })),
  )("is refused by its field, with what is wanted: $message", async ({ field, call, value, message }) => {
    const { kw, key } = await setUp();
    const error = await call(kw, key.id, value).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(KeywardError);
    expect(error).toMatchObject({ code: "invalid-input", field, message });
    // And nothing has happened.
    expect((await kw.keys.list()).keys).toEqual([key]);
    expect((await kw.audit.list()).entries).toHaveLength(1);
  });

  const right: readonly [string, Call, unknown][] = [
    ["a name of 200 characters", create("name"), "x".repeat(200)],
    [
      "100 scopes, of up to 100 characters",
      create("scopes"),
      Array.from({ length: 100 }, (_, index) => `${index}`.padEnd(100, "x")),
    ],
    ["metadata of 8192 characters", create("metadata"), metadataOf(8192)],
    ["limits of a billion", create("limits"), { rate: 1e9, burst: 1e9, daily: 1e9 }],
    ["a SHA-256 in capitals", imported("sha256"), sha256.toUpperCase()],
    [
      "a SHA-256 in base64url, padded",
      imported("sha256"),
      `${Buffer.from(sha256, "hex").toString("base64url")}=`,
    ],
    ["a hint of 8 characters", imported("hint"), "12345678"],
    ["no overlap", (kw, id, value) => kw.keys.rotate(id, { overlapMs: value as number }), 0],
    ["pages of 1000", list("limit"), 1000],
    ["a cursor of a key that was used", list("cursor"), cursor(["newest", "key_1", "a", 1])],
  ];
  it.each(right)("may be %s", async (_what, call, value) => {
    const { kw, key } = await setUp();
    await expect(call(kw, key.id, value)).resolves.toBeDefined();
  });

  it("of a SHA-256 is the same key however it is written", async () => {
    const { kw } = await setUp();
    await kw.keys.import({ name: "a", sha256 });
    for (const same of [sha256.toUpperCase(), Buffer.from(sha256, "hex").toString("base64url")])
      await expect(kw.keys.import({ name: "b", sha256: same })).rejects.toMatchObject({
        code: "key-conflict",
      });
  });
});
