/**
 * The names under which limiters count. Names of different kinds, and names made of different ids, never collide. The part before the first `|` is the tag that all subjects of one decision share: the owner, or the key line where a key has no owner.
 *
 * | subject | name |
 * | --- | --- |
 * | owner | `o:<owner>` |
 * | key line of an owner | `o:<owner>|k:<lineage>` |
 * | budget of an owner | `o:<owner>|b:<budget>` |
 * | key line without an owner | `k:<lineage>` |
 * | its limits as its own owner | `k:<lineage>|o` |
 * | its budget | `k:<lineage>|b:<budget>` |
 * | anonymous client | `a:<address>` |
 */

/** Escapes what has a meaning in names: `%`, `|`, and the braces that Redis Cluster reads. */
function encode(id: string): string {
  return id.replaceAll(/[%|{}]/g, (character) => `%${character.charCodeAt(0).toString(16)}`);
}

/** Subject of a key. */
interface KeyIds {
  readonly lineageId: string;
  readonly ownerId: string | null;
}

function tagOf({ lineageId, ownerId }: KeyIds): string {
  return ownerId === null ? `k:${encode(lineageId)}` : ownerSubject(ownerId);
}

/** The subject of all keys of an owner together. */
export function ownerSubject(ownerId: string): string {
  return `o:${encode(ownerId)}`;
}

/** The subject of a key and everything rotated from it. */
export function lineSubject(key: KeyIds): string {
  const line = `k:${encode(key.lineageId)}`;
  return key.ownerId === null ? line : `${tagOf(key)}|${line}`;
}

/** The subject of a key's owner, which is the key line itself where the key has no owner. */
export function ownerSubjectOf(key: KeyIds): string {
  return key.ownerId === null ? `${tagOf(key)}|o` : ownerSubject(key.ownerId);
}

/** The subject of a budget of a key's owner. */
export function budgetSubject(key: KeyIds, budget: string): string {
  return `${tagOf(key)}|b:${budget}`;
}

/** Prefix of the names of anonymous subjects. */
export const ANONYMOUS_PREFIX = "a:";

/** The subject of an anonymous client. */
export function anonymousSubject(client: string): string {
  return `${ANONYMOUS_PREFIX}${encode(client)}`;
}
