import { setTimeout as sleep } from "node:timers/promises";
import { KeywardError } from "@keyward/core";
import { ExponentialBackoff, handleWhen, retry } from "cockatiel";
import { CompiledQuery, sql, type Kysely, type Transaction } from "kysely";
import type { OwnedKeyRow, Schema } from "../schema.ts";
import { ownedKeySql } from "../select-keys.ts";
import type { Database } from "../sql-store.ts";
import type { TableLocation } from "../table-location.ts";
import type { Connections } from "./connections.ts";
import { explain, isCut, isTransient } from "./errors.ts";

/** For how long a transaction may stay undecided after its connection was cut in the middle of its commit. */
const UNDECIDED_MS = 1000;

/**
 * Work in PostgreSQL. What was undone for a deadlock or a serialization failure, or never got so far because the
 * connection was cut, is done again. A transaction whose connection was cut while it was being committed is looked
 * up: it is never done twice, and never reported as failed when it was done.
 */
export function postgresDatabase(
  connections: Connections,
  db: Kysely<Schema>,
  { where, schema }: { readonly where: string; readonly schema: string | undefined },
): Database {
  const retrying = retry(handleWhen(isTransient), {
    maxAttempts: 4,
    backoff: new ExponentialBackoff({ initialDelay: 10, maxDelay: 200 }),
  });
  async function persist<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await retrying.execute(work);
    } catch (error) {
      throw explain(error, where);
    }
  }
  const location: TableLocation = { kind: "postgres", schema };
  return {
    location,
    findKey(column, value) {
      return persist(async () => {
        const query = CompiledQuery.raw(ownedKeySql(location, column, "$1"), [value]);
        return (await db.executeQuery<OwnedKeyRow>(query)).rows[0];
      });
    },
    // If the server does not cancel slow statements by itself, the transaction sets a time-out.
    read: (work) => persist(() => (connections.limitsStatements ? work(db) : db.transaction().execute(work))),
    write: (work) => persist(() => transact(db, where, work)),
    async close() {
      await db.destroy();
      await connections.close();
    },
  };
}

async function transact<T>(
  db: Kysely<Schema>,
  where: string,
  work: (trx: Transaction<Schema>) => Promise<T>,
): Promise<T> {
  let finished: { readonly result: T; readonly id: string | null } | undefined;
  try {
    return await db.transaction().execute(async (trx) => {
      const result = await work(trx);
      finished = { result, id: await idOf(trx) };
      return result;
    });
  } catch (error) {
    const atCommit = finished as { readonly result: T; readonly id: string | null } | undefined;
    if (atCommit === undefined || atCommit.id === null || !isCut(error)) throw error;
    if (await wasCommitted(db, where, atCommit.id, error)) return atCommit.result;
    throw error;
  }
}

/** The id of a transaction that has written something; `null` of one that has not, and so cannot be lost. */
async function idOf(trx: Transaction<Schema>): Promise<string | null> {
  const { rows } = await sql<{
    id: string | null;
  }>`select pg_current_xact_id_if_assigned()::text as id`.execute(trx);
  return rows[0]?.id ?? null;
}

async function wasCommitted(db: Kysely<Schema>, where: string, id: string, cause: unknown): Promise<boolean> {
  const giveUpAt = performance.now() + UNDECIDED_MS;
  for (let waitMs = 10; performance.now() < giveUpAt; waitMs *= 2) {
    try {
      const { rows } = await sql<{
        status: string | null;
      }>`select pg_xact_status(${id}::xid8) as status`.execute(db);
      const status = rows[0]?.status;
      if (status === "committed") return true;
      if (status === "aborted") return false;
    } catch {
      // Not back yet, or a server that never heard of it: in the end that is for a person to look at.
    }
    await sleep(waitMs);
  }
  throw new KeywardError(
    "store-unavailable",
    `The key store ${where} went away while a change was being committed. It may have been made, or not: look before you do it again.`,
    { cause },
  );
}
