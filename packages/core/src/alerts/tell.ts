import { LRUCache } from "lru-cache";
import type { Keyward } from "../keyward.ts";
import { DAY_MS } from "../time.ts";
import type { Alert } from "./alert.ts";

/** Sends an alert, unless it was sent before: by this process or by another. */
export type Tell = (alert: Alert) => void;

/** Time for which the store remembers that an alert was sent. */
const REMEMBERED_MS = 400 * DAY_MS;

/** The most alerts that this process remembers, which spares the store most claims. */
const MAX_REMEMBERED = 10_000;

/** Sends each alert once among all processes: the one that claims its id in the store sends it. */
export class AlertClaims {
  readonly #kw: Pick<Keyward, "claim">;
  readonly #clock: () => number;
  readonly #send: (alert: Alert) => void;
  readonly #known = new LRUCache<string, true>({ max: MAX_REMEMBERED });
  readonly #pending = new Set<Promise<void>>();

  constructor(kw: Pick<Keyward, "claim">, clock: () => number, send: (alert: Alert) => void) {
    this.#kw = kw;
    this.#clock = clock;
    this.#send = send;
  }

  readonly tell: Tell = (alert) => {
    this.#claim(alert.id, () => this.#send(alert));
  };

  /** Claims an id without sending anything. */
  readonly claim = (id: string): void => this.#claim(id, () => {});

  /** Waits for claims that are under way. */
  async settle(): Promise<void> {
    while (this.#pending.size > 0) await Promise.all(this.#pending);
  }

  #claim(id: string, claimed: () => void): void {
    if (this.#known.has(id)) return;
    this.#known.set(id, true);
    const until = new Date(this.#clock() + REMEMBERED_MS);
    const pending = this.#kw
      .claim(id, until)
      // A store that fails cannot say whether another process sent it: twice is better than never.
      .catch(() => true)
      .then((isFirst) => {
        if (isFirst) claimed();
      })
      .finally(() => this.#pending.delete(pending));
    this.#pending.add(pending);
  }
}
