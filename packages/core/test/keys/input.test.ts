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

type KeyCall = (kw: Keyward, id: string, value: unknown) => Promise<unknown>;
const create =
  (field: string): KeyCall =>
  (kw, _id, value) =>
    kw.keys.create({ name: "a", [field]: value });
const update =
  (field: string): KeyCall =>
  (kw, id, value) =>
    kw.keys.update(id, { [field]: value });
const imported =
  (field: string): KeyCall =>
  (kw, _id, value) =>
    kw.keys.import({ name: "a", sha256, [field]: value });
const list =
  (field: string): KeyCall =>
  (kw, _id, value) =>
    kw.keys.list({ [field]: value });

const text = (field: string) =>
  `${field} must be text of 1 to 200 characters without control or invisible characters; got %.`;
const SCOPES = "scopes must be an array of at most 100 scopes.";
const SCOPE =
  "scopes: each must be 1 to 100 letters, digits and . : / _ - such as reports:write, or a wildcard such as reports:*; got %.";
const METADATA = "metadata must be an object; got %.";
const SHA256 = "sha256 must be the SHA-256 of a key, as 64 hexadecimal digits or 43 characters of base64url.";
const HINT = "hint must be the last 1 to 8 characters of the key.";
const PAGE = "limit must be a whole number from 1 to 1000; got %.";
const CURSOR = "cursor must be the nextCursor of a page in the same order.";
const DURATION = "overlapMs must be milliseconds, 0 or more; got %.";
const LIMIT = (name: string) => `limits.${name} must be a whole number from 1 to 1000000000; got %.`;
const PACE = "limits.rate must be set where burst or per is set: the three override together.";
const NETWORK =
  'allowedAddresses: % is not a network; use CIDR notation such as "203.0.113.0/24", or an address.';
const NETWORKS =
  'allowedAddresses must be an array of 1 to 100 networks such as "203.0.113.0/24" or "2001:db8::/48"; use null to allow all addresses.';
const rotate: KeyCall = (kw, id, value) => kw.keys.rotate(id, value as object);
const pause: KeyCall = (kw, id, value) => kw.keys.pause(id, value as object);

/** The field, the call, the value, how the value is shown, and the whole message, in which % stands for the shown value. */
const WRONG: readonly [string, KeyCall, unknown, string, string][] = [
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
  ["name", create("name"), "a\u0000", '"a\\u0000"', text("name")],
  ["name", create("name"), "a\ud800", '"a\\ud800"', text("name")],
  ["name", create("name"), "🔑".repeat(201), JSON.stringify("🔑".repeat(30)), text("name")],
  ["name", update("name"), 7, "7", text("name")],
  ["ownerId", create("ownerId"), " ", '" "', text("ownerId")],
  ["idempotencyKey", create("idempotencyKey"), "", '""', text("idempotencyKey")],
  ["environment", create("environment"), "dev", '"dev"', "environment must be one of prod, test; got %."],
  ["environment", imported("environment"), 7, "7", "environment must be one of prod, test; got %."],
  ["plan", create("plan"), "gold", '"gold"', "plan must be one of default, pro; got %."],
  ["plan", update("plan"), "", '""', "plan must be one of default, pro; got %."],
  ["scopes", create("scopes"), "a", '"a"', SCOPES],
  ["scopes", create("scopes"), Array(101).fill("a"), "an array", SCOPES],
  ["scopes", update("scopes"), ["a b"], '"a b"', SCOPE],
  ["scopes", create("scopes"), [7], "7", SCOPE],
  ["scopes", create("scopes"), ["*"], '"*"', SCOPE],
  ["scopes", create("scopes"), ["reports:*:read"], '"reports:*:read"', SCOPE],
  ["scopes", create("scopes"), ["reports*"], '"reports*"', SCOPE],
  ["scopes", create("scopes"), [":read"], '":read"', SCOPE],
  ["scopes", create("scopes"), ["x".repeat(101)], JSON.stringify("x".repeat(60)), SCOPE],
  ["expiresAt", create("expiresAt"), "soon", '"soon"', "expiresAt must be a valid Date; got %."],
  [
    "expiresAt",
    update("expiresAt"),
    new Date(Number.NaN),
    "Invalid Date",
    "expiresAt must be a valid Date; got %.",
  ],
  [
    "expiresAt",
    create("expiresAt"),
    new Date(0),
    '"1970-01-01T00:00:00.000Z"',
    "expiresAt must be in the future; got %.",
  ],
  [
    "expiresAt",
    update("expiresAt"),
    new Date(Date.UTC(10_000, 0, 1)),
    '"+010000-01-01T00:00:00.000Z"',
    "expiresAt must be before the year 10000; got %.",
  ],
  ["metadata", create("metadata"), 7, "7", METADATA],
  ["metadata", create("metadata"), [], "an array", METADATA],
  ["metadata", update("metadata"), "a", '"a"', METADATA],
  [
    "metadata",
    create("metadata"),
    circle(),
    '"a circular structure or a BigInt"',
    "metadata must be a value that JSON can represent; got %.",
  ],
  [
    "metadata",
    create("metadata"),
    { a: 1n },
    '"a circular structure or a BigInt"',
    "metadata must be a value that JSON can represent; got %.",
  ],
  [
    "metadata",
    create("metadata"),
    metadataOf(8193),
    '"8193 characters of JSON"',
    "metadata must be at most 8192 characters of JSON; got %.",
  ],
  ["limits", create("limits"), 7, "7", "limits must be an object of limits or null; got %."],
  ["limits", update("limits"), [], "an array", "limits must be an object of limits or null; got %."],
  ["limits.daily", update("limits"), { daily: 0 }, "0", LIMIT("daily")],
  ["limits.hourly", create("limits"), { hourly: 1.5 }, "1.5", LIMIT("hourly")],
  ["limits.monthly", imported("limits"), { monthly: 1e9 + 1 }, "1000000001", LIMIT("monthly")],
  ["limits.weekly", create("limits"), { weekly: "7" }, '"7"', LIMIT("weekly")],
  ["limits.rate", create("limits"), { rate: -1 }, "-1", LIMIT("rate")],
  [
    "limits.burst",
    create("limits"),
    { rate: 5, burst: 4 },
    "4",
    "limits.burst must not be below rate, 5; got %.",
  ],
  ["limits.rate", create("limits"), { burst: 4 }, "", PACE],
  ["limits.rate", create("limits"), { per: "hour" }, "", PACE],
  ["limits.rate", update("limits"), { rate: null, per: "hour" }, "", PACE],
  [
    "limits.per",
    create("limits"),
    { rate: 1, per: "day" },
    '"day"',
    'limits.per must be "second", "minute" or "hour"; got %.',
  ],
  [
    "limits.monthStartsOn",
    create("limits"),
    { monthStartsOn: 29 },
    "29",
    "limits.monthStartsOn must be a whole number from 1 to 28; got %.",
  ],
  [
    "limits.yearly",
    create("limits"),
    { yearly: 1 },
    "",
    "limits.yearly is not a limit; there are rate, per, burst, hourly, daily, weekly, monthly, timeZone, monthStartsOn.",
  ],
  [
    "limits.owner",
    create("limits"),
    { owner: { daily: 1 } },
    "",
    "limits.owner is not a limit; there are rate, per, burst, hourly, daily, weekly, monthly, timeZone, monthStartsOn.",
  ],
  [
    "limits.until",
    create("limits"),
    { daily: 1, until: new Date(0) },
    '"1970-01-01T00:00:00.000Z"',
    "limits.until must be in the future; got %.",
  ],
  [
    "limits.until",
    update("limits"),
    { daily: 1, until: "tomorrow" },
    '"tomorrow"',
    "limits.until must be a valid Date; got %.",
  ],
  ["allowedAddresses", create("allowedAddresses"), [], "", NETWORKS],
  ["allowedAddresses", create("allowedAddresses"), "203.0.113.0/24", "", NETWORKS],
  ["allowedAddresses", update("allowedAddresses"), Array(101).fill("203.0.113.7"), "", NETWORKS],
  ["allowedAddresses", create("allowedAddresses"), ["203.0.113.0/33"], '"203.0.113.0/33"', NETWORK],
  ["allowedAddresses", imported("allowedAddresses"), ["2001:db8::/129"], '"2001:db8::/129"', NETWORK],
  ["allowedAddresses", create("allowedAddresses"), ["203.0.113.0/24", 7], '""', NETWORK],
  ["sha256", imported("sha256"), undefined, "", SHA256],
  ["sha256", imported("sha256"), `${sha256}0`, "", SHA256],
  ["sha256", imported("sha256"), `0${sha256}`, "", SHA256],
  ["sha256", imported("sha256"), `${"a".repeat(43)}==`, "", SHA256],
  ["sha256", imported("sha256"), `+${"a".repeat(43)}`, "", SHA256],
  ["hint", imported("hint"), "123456789", "", HINT],
  ["hint", imported("hint"), 7, "", HINT],
  ["overlapMs", rotate, { overlapMs: -1 }, "-1", DURATION],
  ["overlapMs", rotate, { overlapMs: Infinity }, "Infinity", DURATION],
  ["overlapMs", rotate, { overlapMs: "1" }, '"1"', DURATION],
  ["expiresAt", rotate, { expiresAt: 7 }, "7", "expiresAt must be a valid Date; got %."],
  ["reason", pause, { reason: "" }, '""', text("reason")],
  ["until", pause, { until: 7 }, "7", "until must be a valid Date; got %."],
  [
    "until",
    pause,
    { until: new Date(0) },
    '"1970-01-01T00:00:00.000Z"',
    "until must be in the future; got %.",
  ],
  ["for", pause, { for: 7 }, "", 'pause: unknown field "for"; there are reason, until, ifRevision.'],
  [
    "address",
    (kw, id, value) => kw.keys.revoke(id, { address: value as string }),
    "",
    '""',
    "address must be a network address; got %.",
  ],
  ["actor", (kw, id, value) => kw.keys.revoke(id, { actor: value as string }), "", '""', text("actor")],
  ["limit", list("limit"), 1001, "1001", PAGE],
  ["limit", list("limit"), 1.5, "1.5", PAGE],
  ["plan", list("plan"), "", '""', text("plan")],
  ["search", list("search"), 7, "7", text("search")],
  ["cursor", list("cursor"), cursor(["newest", 7, "a", null]), "", CURSOR],
  ["cursor", list("cursor"), cursor(["newest", "a", 7, null]), "", CURSOR],
  ["cursor", list("cursor"), cursor(["newest", "a", "a", "1"]), "", CURSOR],
  ["cursor", list("cursor"), cursor(["newest", "\u0000", "a", null]), "", CURSOR],
  ["cursor", list("cursor"), cursor(["newest", "a", "\u0000", null]), "", CURSOR],
  ["cursor", list("cursor"), cursor(["newest", "a", "a", 1.5]), "", CURSOR],
  ["cursor", list("cursor"), cursor(["newest", "a", "a", 1e300]), "", CURSOR],
  [
    "label",
    create("label"),
    7,
    "",
    'create: unknown field "label"; there are name, ownerId, environment, scopes, plan, limits, allowedAddresses, expiresAt, metadata, idempotencyKey.',
  ],
  [
    "secret",
    imported("secret"),
    7,
    "",
    'import: unknown field "secret"; there are name, ownerId, environment, scopes, plan, limits, allowedAddresses, expiresAt, metadata, idempotencyKey, sha256, hint.',
  ],
  [
    "ownerId",
    update("ownerId"),
    "b",
    "",
    'update: unknown field "ownerId"; there are name, scopes, plan, limits, allowedAddresses, expiresAt, metadata, ifRevision.',
  ],
  [
    "overlap",
    rotate,
    { overlap: 1 },
    "",
    'rotate: unknown field "overlap"; there are overlapMs, expiresAt, ifRevision.',
  ],
  [
    "owner",
    list("owner"),
    "a",
    "",
    'list: unknown field "owner"; there are ownerId, plan, search, environment, scope, lineageId, expiresBefore, createdBefore, unusedSince, status, isRotated, order, cursor, limit.',
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
  const { key } = await kw.keys.create({ name: "existing" });
  return { kw, key };
}

describe("input", () => {
  it.each(
    WRONG.map(([field, call, value, accepted, message]) => ({
      field,
      call,
      value,
      message: message.replace("%", () => accepted),
    })),
  )("is rejected by its field, with what is accepted: $message", async ({ field, call, value, message }) => {
    const { kw, key } = await setUp();
    const error = await call(kw, key.id, value).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(KeywardError);
    expect(error).toMatchObject({ code: "invalid-input", field, message });
    // Nothing was changed.
    expect((await kw.keys.list()).keys).toEqual([key]);
    expect((await kw.audit.list()).events).toHaveLength(1);
  });

  const right: readonly [string, KeyCall, unknown][] = [
    ["a name of 200 characters", create("name"), "x".repeat(200)],
    ["a name of 200 characters that take two code units each", create("name"), "🔑".repeat(200)],
    ["an expiry in the year 9999", update("expiresAt"), new Date("9999-12-31T23:59:59.999Z")],
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
    ["no overlap", rotate, { overlapMs: 0 }],
    ["limits that override nothing", create("limits"), {}],
    ["an own plan that is removed", update("plan"), null],
    ["limits that are removed", create("limits"), { rate: null, daily: null, timeZone: null }],
    [
      "100 networks",
      create("allowedAddresses"),
      Array.from({ length: 100 }, (_, index) => `203.0.113.${index}`),
    ],
    ["a network of all addresses", create("allowedAddresses"), ["0.0.0.0/0", "::/0"]],
    ["pages of 1000", list("limit"), 1000],
    ["a cursor of a used key", list("cursor"), cursor(["newest", "key_1", "a", 1])],
  ];
  it.each(right)("can be %s", async (_what, call, value) => {
    const { kw, key } = await setUp();
    await expect(call(kw, key.id, value)).resolves.toBeDefined();
  });

  it("accepts a SHA-256 in three notations of the same key", async () => {
    const { kw } = await setUp();
    await kw.keys.import({ name: "a", sha256 });
    for (const same of [sha256.toUpperCase(), Buffer.from(sha256, "hex").toString("base64url")])
      await expect(kw.keys.import({ name: "b", sha256: same })).rejects.toMatchObject({
        code: "key-conflict",
      });
  });
});
