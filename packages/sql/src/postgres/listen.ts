import { ExponentialBackoff } from "cockatiel";
import type { Client } from "pg";

/** Interval at which the connection is checked, and the time-out of a check. Together they are less than a second. */
const HEARTBEAT_MS = 400;
const ANSWER_WITHIN_MS = 400;

/** The longest time between two attempts to connect. Each time, listeners are notified that they may have missed changes. */
const MAX_RECONNECT_MS = 500;

/**
 * Listens on a channel, over a connection that is made again when it is lost.
 *
 * @param received receives a payload, or `undefined` when anything may have been missed: when the connection was lost, cannot be made, and
 *   was made again
 * @returns a function that stops it
 */
export function listen(
  createClient: () => Client,
  channel: string,
  received: (payload: string | undefined) => void,
): () => void {
  const start = new ExponentialBackoff({ initialDelay: 100, maxDelay: MAX_RECONNECT_MS });
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
      received(undefined);
      later(() => void connect(), backoff.duration);
      backoff = backoff.next(undefined);
    };
    next.on("error", lost);
    next.on("end", lost);
    next.on("notification", ({ payload }) => {
      if (payload !== undefined) received(payload);
    });
    const listening = `listen ${next.escapeIdentifier(channel)}`;
    const beat = () => {
      // A connection whose peer vanished never responds.
      later(lost, ANSWER_WITHIN_MS);
      next.query(listening).then(() => client === next && later(beat, HEARTBEAT_MS), lost);
    };
    try {
      await next.connect();
      // Listening alone does not keep a process alive. Missing in the driver's types.
      (next as Client & { unref(): void }).unref();
      await next.query(listening);
    } catch {
      lost();
      return;
    }
    if (client !== next) return;
    backoff = start.next();
    received(undefined);
    later(beat, HEARTBEAT_MS);
  }

  void connect();
  return () => {
    stopped = true;
    clearTimeout(timer);
    client?.end().catch(() => {});
  };
}
