import type { TagBounds, TagOwner } from "@keyward/core/store";
import type { Transaction } from "kysely";
import type { Schema } from "./schema.ts";

/** Age after which a claim is renewed. Otherwise claims of a busy owner would be written with each batch. */
const RENEWED_AFTER_MS = 43_200_000;

/** Maximum number of further attempts if another process takes the slot in the meantime. */
const TRIES = 5;

/** The tags that an owner may use: those it has, and new ones while there is a free slot. */
export async function claimTags(
  trx: Transaction<Schema>,
  { ownerId, keyId }: TagOwner,
  tags: readonly string[],
  { limit, now, idleBefore }: TagBounds,
): Promise<readonly string[]> {
  const whose = { owner_id: ownerId ?? "", line_id: keyId ?? "" };
  const read = () =>
    trx
      .selectFrom("keyward_tag")
      .select(["slot", "tag", "claimed_at"])
      .where("owner_id", "=", whose.owner_id)
      .where("line_id", "=", whose.line_id)
      .orderBy("slot")
      .execute();

  async function claim(tag: string): Promise<boolean> {
    for (let tries = 0; tries < TRIES; tries += 1) {
      const slots = await read();
      const own = slots.find((slot) => slot.tag === tag);
      if (own !== undefined) {
        if (own.claimed_at < now - RENEWED_AFTER_MS) await renew(own.slot, own.tag, tag);
        return true;
      }
      const taken = new Set(slots.map(({ slot }) => slot));
      const free = Array.from({ length: limit }, (_, slot) => slot).find((slot) => !taken.has(slot));
      const idle = slots.find(({ claimed_at }) => claimed_at < idleBefore);
      if (free === undefined && idle === undefined) return false;
      if (free === undefined) await renew(idle?.slot ?? 0, idle?.tag ?? "", tag);
      else {
        await trx
          .insertInto("keyward_tag")
          .values({ ...whose, slot: free, tag, claimed_at: now })
          .onConflict((conflict) => conflict.doNothing())
          .execute();
      }
    }
    return false;
  }

  /** Gives a slot to a tag, unless it was given away meanwhile. */
  async function renew(slot: number, from: string, to: string): Promise<void> {
    await trx
      .updateTable("keyward_tag")
      .set({ tag: to, claimed_at: now })
      .where("owner_id", "=", whose.owner_id)
      .where("line_id", "=", whose.line_id)
      .where("slot", "=", slot)
      .where("tag", "=", from)
      .execute();
  }

  const accepted: string[] = [];
  // In one order everywhere, so that no two processes wait for each other.
  for (const tag of tags.toSorted()) if (await claim(tag)) accepted.push(tag);
  return accepted;
}
