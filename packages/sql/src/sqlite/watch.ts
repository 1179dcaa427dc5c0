import { sql, type Kysely } from "kysely";
import type { Schema } from "../schema.ts";

/** How often the file is asked whether another process wrote to it. */
const EVERY_MS = 200;

/**
 * Tells of keys that other processes changed. SQLite's `data_version` moves when another connection
 * commits; every change of a key leaves an entry in the audit trail, so that what is new there names the keys.
 */
export function watchChanges(db: Kysely<Schema>, changed: (keyIds: readonly string[]) => void): () => void {
  let version: number | undefined;
  let seen: number | undefined;
  let looking = false;

  async function look(): Promise<void> {
    const [current] = (await sql<{ data_version: number }>`pragma data_version`.execute(db)).rows;
    if (current === undefined || current.data_version === version) return;
    const news = await db
      .selectFrom("keyward_audit")
      .select(["seq", "key_id"])
      .where("seq", ">", seen ?? Number.MAX_SAFE_INTEGER)
      .execute();
    if (seen === undefined) {
      const newest = await db
        .selectFrom("keyward_audit")
        .select("seq")
        .orderBy("seq", "desc")
        .limit(1)
        .executeTakeFirst();
      seen = newest?.seq ?? 0;
    }
    for (const { seq } of news) seen = Math.max(seen, seq);
    // Only now: had any of this failed, the next look would try again.
    version = current.data_version;
    if (news.length > 0) changed([...new Set(news.map(({ key_id }) => key_id))]);
  }

  function lookOnce(): void {
    if (looking) return;
    looking = true;
    look()
      // A store that fails says so to the requests that need it; cached keys end with their lifetime.
      .catch(() => {})
      .finally(() => {
        looking = false;
      });
  }

  // At once, so that what counts as new begins before the first key is looked up.
  lookOnce();
  const timer = setInterval(lookOnce, EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}
