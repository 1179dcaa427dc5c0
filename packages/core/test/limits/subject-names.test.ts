import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { clientOf } from "../../src/addresses/client-address.ts";
import {
  anonymousSubject,
  budgetSubject,
  lineSubject,
  ownerSubject,
  ownerSubjectOf,
} from "../../src/limits/subject-names.ts";

/** Ids with the characters that names give a meaning, and what could be taken for an escape. */
const id = fc.oneof(
  fc.string({
    unit: fc.constantFrom("|", ":", "%", "{", "}", "7", "c", "C", "2", "5", "o", "k", "a", "b"),
    minLength: 1,
  }),
  fc.string({ unit: "binary", minLength: 1, maxLength: 20 }),
  fc.constantFrom(
    "acme",
    "acme|k:1",
    "acme|b:search",
    "acme%7ck:1",
    "k:1",
    "o:acme",
    "a:cb007101",
    "{acme}",
    "%",
    "%25",
  ),
);
const budget = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/);

type Named = readonly [kind: string, ids: readonly string[], name: string];
const subject: fc.Arbitrary<Named> = fc.oneof(
  id.map((owner): Named => ["owner", [owner], ownerSubject(owner)]),
  fc
    .tuple(id, id)
    .map(([owner, lineageId]): Named => [
      "line of an owner",
      [owner, lineageId],
      lineSubject({ ownerId: owner, lineageId }),
    ]),
  fc
    .tuple(id, id, budget)
    .map(([owner, lineageId, name]): Named => [
      "budget of an owner",
      [owner, name],
      budgetSubject({ ownerId: owner, lineageId }, name),
    ]),
  id.map((lineageId): Named => ["line", [lineageId], lineSubject({ ownerId: null, lineageId })]),
  id.map((lineageId): Named => ["line as owner", [lineageId], ownerSubjectOf({ ownerId: null, lineageId })]),
  fc
    .tuple(id, budget)
    .map(([lineageId, name]): Named => [
      "budget of a line",
      [lineageId, name],
      budgetSubject({ ownerId: null, lineageId }, name),
    ]),
  fc.oneof(fc.ipV4(), fc.ipV6(), id).map((client): Named => ["client", [client], anonymousSubject(client)]),
);

/** The part of a key that Redis Cluster hashes: the tag in braces. */
const tagOf = (name: string) => name.split("|")[0];

describe("names of subjects", () => {
  it("are equal only for the same subject, whatever characters the ids have", () => {
    fc.assert(
      fc.property(fc.array(subject, { minLength: 2, maxLength: 12 }), (subjects) => {
        const byName = new Map<string, string>();
        for (const [kind, ids, name] of subjects) {
          const identity = JSON.stringify([kind, ids]);
          expect(byName.get(name) ?? identity).toBe(identity);
          byName.set(name, identity);
        }
        expect(byName.size).toBe(new Set(byName.values()).size);
      }),
      { numRuns: 3000 },
    );
  });

  it("share one tag within a decision, and none with the decisions of others", () => {
    fc.assert(
      fc.property(id, id, fc.option(id, { nil: null }), budget, (lineageId, otherId, ownerId, name) => {
        const key = { lineageId, ownerId };
        const names = [lineSubject(key), ownerSubjectOf(key), budgetSubject(key, name)];
        const [tag, ...others] = new Set(names.map(tagOf));
        expect(others).toEqual([]);
        // Braces would be read as a tag by Redis Cluster.
        expect(tag).not.toMatch(/[{}|]/);
        const other = { lineageId: otherId, ownerId: null };
        const isSame = ownerId === null && otherId === lineageId;
        expect(tagOf(lineSubject(other)) === tag).toBe(isSame);
        expect(tagOf(ownerSubject(otherId)) === tag).toBe(otherId === ownerId);
      }),
      { numRuns: 2000 },
    );
  });

  it("are those of the documentation", () => {
    const owned = { ownerId: "acme", lineageId: "key_1" };
    const alone = { ownerId: null, lineageId: "key_1" };
    expect([
      ownerSubject("acme"),
      lineSubject(owned),
      ownerSubjectOf(owned),
      budgetSubject(owned, "search"),
      lineSubject(alone),
      ownerSubjectOf(alone),
      budgetSubject(alone, "search"),
      anonymousSubject(clientOf("203.0.113.1") ?? ""),
      ownerSubject("a|b%{c}"),
    ]).toEqual([
      "o:acme",
      "o:acme|k:key_1",
      "o:acme",
      "o:acme|b:search",
      "k:key_1",
      "k:key_1|o",
      "k:key_1|b:search",
      "a:cb007101",
      "o:a%7cb%25%7bc%7d",
    ]);
  });
});
