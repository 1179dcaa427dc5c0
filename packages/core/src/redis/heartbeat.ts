import { randomUUID } from "node:crypto";
import type { ScriptRunner } from "./runner.ts";
import { scripts } from "./script.ts";

/** Interval of heartbeats. */
export const HEARTBEAT_MS = 1000;

/** Delay before a failed heartbeat is retried. */
const RETRY_MS = 250;

/** Time after its last heartbeat for which a process counts as alive. */
const ALIVE_MS = 5 * HEARTBEAT_MS;

/** The place of a process among those that are alive. */
export interface Membership {
  /** The number of processes, this one included. */
  readonly count: number;
  /** From 0, in an order that all processes agree on. */
  readonly rank: number;
}

/** Tells through Redis how many processes share the limits. */
export class Heartbeat {
  readonly #runner: ScriptRunner;
  readonly #key: string;
  readonly #id = randomUUID();
  readonly #changed: (membership: Membership) => void;
  #isMember = false;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  /** @param changed receives the membership after each heartbeat */
  constructor(runner: ScriptRunner, prefix: string, changed: (membership: Membership) => void) {
    this.#runner = runner;
    this.#key = `${prefix}processes`;
    this.#changed = changed;
  }

  /** Called when the connection is made. */
  start(): void {
    if (!this.#isClosed) void this.#beat();
  }

  async #beat(): Promise<void> {
    let nextMs = HEARTBEAT_MS;
    try {
      const [count, rank, isNew] = await this.#send(ALIVE_MS);
      // After a loss of data Redis does not know the others before their next heartbeats.
      if ((isNew === 0 || !this.#isMember) && !this.#isClosed) this.#changed({ count, rank });
      this.#isMember = true;
    } catch {
      // The last known value applies until Redis responds again.
      nextMs = RETRY_MS;
    }
    if (!this.#isClosed) this.#timer = setTimeout(() => void this.#beat(), nextMs).unref();
  }

  async #send(aliveMs: number): Promise<readonly [count: number, rank: number, isNew: number]> {
    const reply = await this.#runner.runOnKey(scripts.heartbeat, this.#key, [this.#id, String(aliveMs)]);
    return (reply as readonly unknown[]).map(Number) as [number, number, number];
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#send(0).catch(() => {});
  }
}
