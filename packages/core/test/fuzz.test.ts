import { createKeyward, type AdmissionRequest } from "@keyward/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { clientOf, isLoopback } from "../src/addresses/client-address.ts";
import { normalizeAddress } from "../src/addresses/normalize-address.ts";
import { createKeyFinder } from "../src/keys/find-keys.ts";
import { parseKey, type ParsedKey } from "../src/keys/format.ts";
import { generateKey } from "../src/keys/generate.ts";
import { createSigner } from "../src/keys/signer.ts";
import { SECRET } from "./secrets.ts";

/** Duration of fuzzing per parser. */
const BUDGET_MS = Number(process.env["FUZZ_MS"] ?? 300);
const UNTIL_BUDGET = { numRuns: 100_000_000, interruptAfterTimeLimit: BUDGET_MS };

const signer = createSigner([SECRET]);
const newKey = (prefix?: string) => generateKey(prefix, "prod", signer).secret.reveal();

/** Edits of a key by a client, a proxy or an attacker. */
const edit = fc.oneof(
  fc.record({ act: fc.constant("insert" as const), at: fc.nat(60), text: fc.string({ unit: "binary" }) }),
  fc.record({
    act: fc.constant("replace" as const),
    at: fc.nat(60),
    text: fc.string({ unit: "grapheme", minLength: 1, maxLength: 2 }),
  }),
  fc.record({ act: fc.constant("remove" as const), at: fc.nat(60), text: fc.constant("x") }),
  fc.record({ act: fc.constant("case" as const), at: fc.nat(60), text: fc.constant("x") }),
  fc.record({
    act: fc.constant("append" as const),
    at: fc.nat(60),
    text: fc.constantFrom(",", " ", "\0", "\n", ", x"),
  }),
);

function edited(key: string, edits: readonly { act: string; at: number; text: string }[]): string {
  let text = key;
  for (const { act, at, text: other } of edits) {
    const [before, here, after] = [
      text.slice(0, at),
      text.slice(at, at + other.length),
      text.slice(at + other.length),
    ];
    if (act === "insert") text = before + other + here + after;
    else if (act === "replace") text = before + other + after;
    else if (act === "remove") text = before + after;
    else if (act === "case")
      text = before + (here === here.toUpperCase() ? here.toLowerCase() : here.toUpperCase()) + after;
    else text += other;
  }
  return text;
}

/** The form of a key, read a character at a time. */
function parsePlainly(presented: string): ParsedKey | undefined {
  const names = presented.split("_").slice(0, -1);
  const [environment = "", prefix] = names.toReversed();
  const within = (text: string, alphabet: string) =>
    [...text].every((character) => alphabet.includes(character));
  const lower = "abcdefghijklmnopqrstuvwxyz";
  const digits = "0123456789";
  const isName = (name: string) =>
    name.length >= 1 && name.length <= 16 && lower.includes(name.charAt(0)) && within(name, lower + digits);
  if (names.length < 1 || names.length > 2 || !names.every(isName)) return undefined;
  const groups = (presented.split("_").at(-1) ?? "").split("-");
  if (groups.map((group) => group.length).join() !== "8,4,4,8") return undefined;
  if (!groups.every((group) => within(group, lower + lower.toUpperCase() + digits))) return undefined;
  return { prefix, environment, body: presented.slice(0, -9), checksum: presented.slice(-8) };
}

describe("fuzzing", () => {
  it("admits the key and no edited key, and never repeats it", async () => {
    const kw = createKeyward({
      secret: SECRET,
      failedAttempts: false,
      plans: { default: { rate: 1e9, burst: 1e9, daily: 1e9 } },
    });
    const raw = (await kw.keys.create({ name: "fuzzed" })).secret.reveal();
    const value = fc.array(edit, { maxLength: 3 }).map((edits) => edited(raw, edits));
    const header = fc.oneof(
      { weight: 5, arbitrary: value },
      fc.array(value, { maxLength: 3 }),
      fc.constant(raw),
      fc.constant([raw]),
      fc.string({ unit: "binary", maxLength: 400 }),
      fc.constant(undefined),
    );
    await fc.assert(
      fc.asyncProperty(header, async (sent) => {
        const request: AdmissionRequest = { header: () => sent, secure: true, ip: "203.0.113.9" };
        const decision = await kw.admit(request);
        const isTheKey = sent === raw || (Array.isArray(sent) && sent.length === 1 && sent[0] === raw);
        expect(decision.admitted).toBe(isTheKey);
        if (decision.admitted) return;
        expect(decision.status).toBe(401);
        const isAbsent = sent === undefined || (Array.isArray(sent) && sent.length === 0);
        expect(decision.problem.code).toBe(isAbsent ? "missing-api-key" : "invalid-api-key");
        expect(JSON.stringify(decision)).not.toContain(raw.slice(0, -9));
      }),
      UNTIL_BUDGET,
    );
  });

  it("parses keys like a plain parser", () => {
    const text = fc.oneof(
      fc
        .tuple(fc.constantFrom(newKey(), newKey("acme")), fc.array(edit, { maxLength: 3 }))
        .map(([key, edits]) => edited(key, edits)),
      fc.string({ unit: "binary", maxLength: 60 }),
    );
    fc.assert(
      fc.property(text, (presented) => {
        expect(parseKey(presented)).toEqual(parsePlainly(presented));
      }),
      UNTIL_BUDGET,
    );
  });

  it("finds keys anywhere in a text, and nothing else", () => {
    const findKeys = createKeyFinder({ secret: SECRET });
    const keys = [newKey(), newKey("acme"), newKey(), newKey("b")];
    const noise = fc.oneof(
      fc.string({ unit: "binary", maxLength: 30 }),
      fc.stringMatching(/^[a-z0-9_-]{0,20}$/),
      fc.array(edit, { minLength: 1, maxLength: 2 }).map((edits) => edited(keys[0] as string, edits)),
    );
    const text = fc.array(
      fc.tuple(noise, fc.constantFrom(...keys), fc.constantFrom(" ", '"', "\n", "_", ",")),
    );
    fc.assert(
      fc.property(text, (pieces) => {
        const whole = pieces.map((piece) => piece.join("")).join("");
        const found = findKeys(whole);
        for (const { start, end, secret } of found) {
          expect(whole.slice(start, end)).toBe(secret.reveal());
          const parsed = parsePlainly(secret.reveal()) as ParsedKey;
          expect(signer.issuedUnder(parsed)).toBe(0);
        }
        let at = 0;
        for (const [before, key] of pieces) {
          const start = whole.indexOf(key, at + before.length);
          at = start + key.length + 1;
          expect(found.some((each) => each.start === start && each.secret.reveal() === key)).toBe(true);
        }
      }),
      UNTIL_BUDGET,
    );
  });

  it("accepts request ids of safe characters only", async () => {
    const kw = createKeyward({ requestIdHeader: "x-request-id", failedAttempts: false });
    const sentName = fc.oneof(
      fc.string({ unit: "binary", maxLength: 200 }),
      fc.stringMatching(/^[A-Za-z0-9_.:/+=-]{1,128}$/),
      fc.stringMatching(/^[A-Za-z0-9_.:/+=-]{127,130}[\n ]?$/),
    );
    await fc.assert(
      fc.asyncProperty(sentName, async (sent) => {
        const header = (name: string) => (name === "x-request-id" ? sent : undefined);
        const { headers } = await kw.admit({ header, secure: true, ip: "203.0.113.9" });
        const name = headers["x-request-id"] as string;
        const safe = /^[A-Za-z0-9_.:/+=-]{1,128}$/;
        expect(name).toMatch(safe);
        expect(name === sent).toBe(safe.test(sent));
      }),
      UNTIL_BUDGET,
    );
  });

  it("returns one client for an address, however it is written", () => {
    const address = fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      fc.ipV6().map((ip) => `${ip}%eth0`),
      fc.ipV4Extended(),
      fc.string({ unit: "binary", maxLength: 50 }),
    );
    fc.assert(
      fc.property(address, (text) => {
        const client = clientOf(text);
        // Four bytes of IPv4, or seven of IPv6, in hexadecimal digits.
        expect(client === undefined).toBe(normalizeAddress(text) === undefined);
        expect(client ?? "00000000").toMatch(/^(?:[0-9a-f]{8}|[0-9a-f]{14})$/);
        expect(typeof isLoopback(text)).toBe("boolean");
      }),
      UNTIL_BUDGET,
    );
  });
});
