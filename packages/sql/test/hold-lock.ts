import type { PostgresServer } from "@keyward/test-servers";
import { expect } from "vitest";

/** A transaction of another program beside Keyward. */
interface OtherTransaction {
  /** The statement that takes the lock. */
  readonly take: string;
  readonly forSeconds: number;
  /** Statements before the commit. */
  readonly next?: string;
}

/** Has another program hold a lock. Resolves when it has it, with a promise that resolves when its transaction ends. */
export async function holdLock(
  server: PostgresServer,
  url: string,
  { take, forSeconds, next = "select 1" }: OtherTransaction,
): Promise<{ readonly ended: Promise<unknown> }> {
  const ended = server.query(url, `begin; ${take}; select pg_sleep(${forSeconds}); ${next}; commit`);
  const sleeping =
    "select 1 from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'";
  await expect.poll(() => server.query(url, sleeping), { timeout: 10_000 }).toBe("1");
  return { ended };
}
