import { ExponentialBackoff } from "cockatiel";
import type { Client } from "pg";

/** How often the connection is asked whether it still is one. */
const HEARTBEAT_MS = 5000;

/**
 * Listens on a channel, over a connection that is made anew when it is lost.
 *
 * @param heard is given a payload, or `undefined` each time the connection was made: PostgreSQL forgets who is
 *   not there, so that anything may have been missed
 * @returns a function that stops it
 */
export function listen(
  createClient: () => Client,
  channel: string,
  heard: (payload: string | undefined) => void,
): () => void {
  const start = new ExponentialBackoff({ initialDelay: 100, maxDelay: 2000 });
  let backoff = start.next();
  let client: Client | undefined;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  function later(act: () => void, delayMs: number): void {
    clearTimeout(timer);
    timer = setTimeout(act, delayMs);
    timer.unref();
  }

  async function connect(): Promise<void> {
    const next = createClient();
    client = next;
    const lost = () => {
      if (client !== next || stopped) return;
      client = undefined;
      next.end().catch(() => {});
      later(() => void connect(), backoff.duration);
      backoff = backoff.next(undefined);
    };
    next.on("error", lost);
    next.on("end", lost);
    next.on("notification", ({ payload }) => {
      if (payload !== undefined) heard(payload);
    });
    const beat = () => next.query("select 1").then(() => client === next && later(beat, HEARTBEAT_MS), lost);
    try {
      await next.connect();
      // Listening alone does not keep a process alive. Missing in the driver's types.
      (next as Client & { unref(): void }).unref();
      await next.query(`listen ${next.escapeIdentifier(channel)}`);
    } catch {
      lost();
      return;
    }
    if (client !== next) return;
    backoff = start.next();
    heard(undefined);
    later(beat, HEARTBEAT_MS);
  }

  void connect();
  return () => {
    stopped = true;
    clearTimeout(timer);
    client?.end().catch(() => {});
  };
}
