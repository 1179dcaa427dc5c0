import type { TagOwner, UsageStore } from "../store/usage-store.ts";
import { DAY_MS } from "../time.ts";
import { MAX_TAGS, OTHER_TAG } from "./tag.ts";
import { UsageRows } from "./usage-batch.ts";
import type { UsageCount } from "./usage.ts";

/** The most owners and key lines whose tags are remembered. */
const MAX_SUBJECTS = 10_000;

/** How long a tag was not used when another may take its place. */
const TAG_IDLE_MS = 31 * DAY_MS;

/** Counts requests whose tag is over an owner's limit under `other`. The store decides, so that all processes agree. */
export class TagLimits {
  readonly #store: Pick<UsageStore, "claimTags">;
  /** Whether a tag is accepted, by owner or key line. Asked again each day, so that the store learns which tags are in use. */
  readonly #known = new Map<string, Map<string, boolean>>();
  #day = 0;

  constructor(store: Pick<UsageStore, "claimTags">) {
    this.#store = store;
  }

  /** The rows, with tags that are accepted. Rejects if the store fails. */
  async apply(rows: readonly UsageCount[], now: number): Promise<readonly UsageCount[]> {
    if (!rows.some(({ tag }) => tag !== null)) return rows;
    await this.#claim(rows, now);
    if (!rows.some((row) => this.#isRejected(row))) return rows;
    const accepted = new UsageRows();
    for (const row of rows) {
      const { minute, ownerId, keyId } = row;
      const tag = this.#isRejected(row) ? OTHER_TAG : row.tag;
      accepted.add({ minute, ownerId, keyId, tag }, row);
    }
    return accepted.take();
  }

  async #claim(rows: readonly UsageCount[], now: number): Promise<void> {
    const day = Math.floor(now / DAY_MS);
    if (day !== this.#day || this.#known.size > MAX_SUBJECTS) this.#known.clear();
    this.#day = day;
    const bounds = { limit: MAX_TAGS, now, idleBefore: now - TAG_IDLE_MS };
    const claims = new Map<string, TagOwner & { readonly tags: Set<string> }>();
    for (const { ownerId, keyId, tag } of rows) {
      if (tag === null || tag === OTHER_TAG) continue;
      const subject = subjectOf(ownerId, keyId);
      if (this.#known.get(subject)?.has(tag) === true) continue;
      const claim = claims.get(subject) ?? {
        ownerId,
        keyId: ownerId === null ? keyId : null,
        tags: new Set(),
      };
      claims.set(subject, claim);
      claim.tags.add(tag);
    }
    for (const [subject, { tags, ...whose }] of claims) {
      const accepted = new Set(await this.#store.claimTags(whose, [...tags], bounds));
      const known = this.#known.get(subject) ?? new Map<string, boolean>();
      this.#known.set(subject, known);
      for (const tag of tags) known.set(tag, accepted.has(tag));
    }
  }

  #isRejected({ ownerId, keyId, tag }: UsageCount): boolean {
    return tag !== null && this.#known.get(subjectOf(ownerId, keyId))?.get(tag) === false;
  }
}

function subjectOf(ownerId: string | null, keyId: string | null): string {
  return ownerId === null ? `k${keyId ?? ""}` : `o${ownerId}`;
}
