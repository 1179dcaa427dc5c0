import type { TagOwner, UsageStore } from "../store/usage-store.ts";
import { DAY_MS } from "../time.ts";
import { MAX_TAGS, OTHER_TAG } from "./tag.ts";
import { UsageRows } from "./usage-batch.ts";
import type { UsageCount } from "./usage.ts";

/** The most accepted tags that are remembered, of all owners and key lines. */
const MAX_REMEMBERED = 200_000;

/** Idle time after which another tag may take the place of a tag. */
const TAG_IDLE_MS = 31 * DAY_MS;

/** Counts requests whose tag is over an owner's limit under `other`. The store decides, so that all processes agree. */
export class TagLimits {
  readonly #store: Pick<UsageStore, "claimTags">;
  /** Tags that the store accepted, by owner or key line. Claimed again each day, so that the store learns which tags are in use. */
  readonly #accepted = new Set<string>();
  #day = 0;

  constructor(store: Pick<UsageStore, "claimTags">) {
    this.#store = store;
  }

  /** The rows, with tags that are accepted. Rejects if the store fails. */
  async apply(rows: readonly UsageCount[], now: number): Promise<readonly UsageCount[]> {
    if (!rows.some(({ tag }) => tag !== null)) return rows;
    const rejected = await this.#claim(rows, now);
    if (rejected.size === 0) return rows;
    const accepted = new UsageRows();
    for (const row of rows) {
      const { minute, ownerId, keyId } = row;
      const tag = row.tag !== null && rejected.has(nameOf(row, row.tag)) ? OTHER_TAG : row.tag;
      accepted.add({ minute, ownerId, keyId, tag }, row);
    }
    return accepted.take();
  }

  /** Claims the tags that are not known to be accepted. Returns those that the store rejects, which are not remembered. */
  async #claim(rows: readonly UsageCount[], now: number): Promise<ReadonlySet<string>> {
    const day = Math.floor(now / DAY_MS);
    if (day !== this.#day || this.#accepted.size > MAX_REMEMBERED) this.#accepted.clear();
    this.#day = day;
    const bounds = { limit: MAX_TAGS, now, idleBefore: now - TAG_IDLE_MS };
    const rejected = new Set<string>();
    for (const { tags, ...whose } of this.#unclaimed(rows)) {
      const accepted = new Set(await this.#store.claimTags(whose, [...tags], bounds));
      for (const tag of tags) (accepted.has(tag) ? this.#accepted : rejected).add(nameOf(whose, tag));
    }
    return rejected;
  }

  #unclaimed(rows: readonly UsageCount[]): Iterable<Claim> {
    const claims = new Map<string, Claim>();
    for (const { ownerId, keyId, tag } of rows) {
      if (tag === null || tag === OTHER_TAG || this.#accepted.has(nameOf({ ownerId, keyId }, tag))) continue;
      const subject = subjectOf({ ownerId, keyId });
      const claim = claims.get(subject) ?? {
        ownerId,
        keyId: ownerId === null ? keyId : null,
        tags: new Set(),
      };
      claims.set(subject, claim);
      claim.tags.add(tag);
    }
    return claims.values();
  }
}

type Claim = TagOwner & { readonly tags: Set<string> };

function subjectOf({ ownerId, keyId }: TagOwner): string {
  return ownerId === null ? `k${keyId ?? ""}` : `o${ownerId}`;
}

function nameOf(whose: TagOwner, tag: string): string {
  return `${subjectOf(whose)}\0${tag}`;
}
