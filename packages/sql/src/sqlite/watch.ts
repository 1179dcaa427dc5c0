import type { StoreChange } from "@keyward/core/store";
import type { SqliteConnection } from "./connection.ts";

/** Interval at which the file is checked for changes by other processes. */
const EVERY_MS = 200;

/**
 * Watches for keys and owners that other processes changed. SQLite's `data_version` moves when another connection commits; every change
 * of a key inserts an audit event, so that the new ones name the keys.
 *
 * @param changed receives `undefined` when the file was deleted or replaced: any key may have changed
 */
export function watchChanges(
  connection: SqliteConnection,
  changed: (change: StoreChange | undefined) => void,
): () => void {
  let version: number | undefined;
  let seen: number | undefined;
  let isLooking = false;
  let isFileLost = false;

  async function look(): Promise<void> {
    await connection.checkFile().then(
      () => (isFileLost = false),
      (error: unknown) => {
        if (!isFileLost) changed(undefined);
        isFileLost = true;
        throw error;
      },
    );
    const current = (await read("pragma data_version"))[0]?.["data_version"];
    if (current === version) return;
    if (seen === undefined) {
      seen = (await read("select max(seq) as seq from keyward_audit"))[0]?.["seq"] ?? 0;
    }
    const news = await connection.run(
      "select seq, action, key_id, owner_id, details from keyward_audit where seq > ? order by seq",
      [seen],
    );
    const events = news.rows as readonly AuditNews[];
    for (const { seq } of events) seen = Math.max(seen, seq);
    // Only now: if any of this had failed, the next look would try again.
    version = current;
    if (events.length > 0) changed(toChange(events));
  }

  async function read(sql: string): Promise<readonly Readonly<Record<string, number>>[]> {
    return (await connection.run(sql)).rows as readonly Readonly<Record<string, number>>[];
  }

  function lookOnce(): void {
    if (isLooking) return;
    isLooking = true;
    look()
      // A store that fails reports it to the requests that need it; cached keys end with their lifetime.
      .catch(() => {})
      .finally(() => {
        isLooking = false;
      });
  }

  // At once, so that what counts as new begins before the first key is looked up.
  lookOnce();
  const timer = setInterval(lookOnce, EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}

interface AuditNews {
  readonly seq: number;
  readonly action: string;
  readonly key_id: string | null;
  readonly owner_id: string | null;
  readonly details: string;
}

function toChange(events: readonly AuditNews[]): StoreChange {
  const keyIds = new Set<string>();
  const ownerIds = new Set<string>();
  const resetSubjects: string[] = [];
  for (const { action, key_id, owner_id, details } of events) {
    if (key_id !== null) keyIds.add(key_id);
    else if (owner_id !== null) ownerIds.add(owner_id);
    if (action === "limits.reset")
      resetSubjects.push(...(JSON.parse(details) as { subjects: string[] }).subjects);
  }
  return { keyIds: [...keyIds], ownerIds: [...ownerIds], resetSubjects };
}
