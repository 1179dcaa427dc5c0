import type { LastUse, NetworkUse } from "@keyward/core/store";
import { MAX_NETWORKS, NETWORK_STEP_MS } from "@keyward/core/store";
import { sql, type Kysely, type Transaction } from "kysely";
import { rowsOf } from "./rows-of.ts";
import type { Schema } from "./schema.ts";
import { tableIn, type TableLocation } from "./table-location.ts";

/**
 * Writes the networks of last uses: those that are new, while the key has room, and those whose last use moved. Rows that did not move are
 * neither locked nor written.
 */
export async function addNetworks(
  trx: Transaction<Schema>,
  uses: readonly LastUse[],
  location: TableLocation,
): Promise<void> {
  const rows = uses.flatMap(({ keyId, network, at }) =>
    network === undefined ? [] : [[keyId, network, at]],
  );
  if (rows.length === 0) return;
  const used = rowsOf(location, { key_id: "text", network: "text", at: "bigint" }, rows);
  const table = tableIn(location, "keyward_network");
  await sql`
    insert into ${table} (key_id, network, last_used_at)
    select used.key_id, used.network, used.at
    from (${used}) used join ${tableIn(location, "keyward_last_use")} u on u.key_id = used.key_id
    left join ${table} n on n.key_id = used.key_id and n.network = used.network
    where n.last_used_at <= used.at - ${sql.lit(NETWORK_STEP_MS)}
      or (n.last_used_at is null
        and (select count(*) from ${table} each where each.key_id = used.key_id) < ${sql.lit(MAX_NETWORKS)})
    order by used.key_id, used.network
    on conflict (key_id, network) do update set last_used_at = excluded.last_used_at
    where keyward_network.last_used_at < excluded.last_used_at`.execute(trx);
}

/** The networks of a key line, the most recently used first. */
export async function listNetworks(
  db: Kysely<Schema>,
  lineageId: string,
  since: number,
): Promise<readonly NetworkUse[]> {
  const rows = await db
    .selectFrom("keyward_key as k")
    .innerJoin("keyward_network as n", "n.key_id", "k.id")
    .where("k.lineage_id", "=", lineageId)
    .where("n.last_used_at", ">=", since)
    .groupBy("n.network")
    .select(({ fn }) => ["n.network", fn.max("n.last_used_at").as("at")])
    .orderBy("at", "desc")
    .orderBy("n.network")
    .limit(MAX_NETWORKS)
    .execute();
  return rows.map(({ network, at }) => ({ network, at: Number(at) }));
}

/** Drops networks that were last used before a time: so many at most. Returns whether more are left. */
export async function dropNetworks(
  trx: Transaction<Schema>,
  { before, limit }: { readonly before: number; readonly limit: number },
  location: TableLocation,
): Promise<boolean> {
  const table = tableIn(location, "keyward_network");
  const { numAffectedRows = 0n } = await sql`
    delete from ${table} where (key_id, network) in (
      select key_id, network from ${table} where last_used_at < ${before} order by last_used_at limit ${limit}
    )`.execute(trx);
  return Number(numAffectedRows) === limit;
}
