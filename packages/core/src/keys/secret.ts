import { inspect } from "node:util";

/**
 * A new key, for the one time it is shown. Printed, logged, serialized, concatenated or inspected it shows the masked form; only {@link Secret.reveal} gives the key.
 *
 * @example
 * ```ts
 * const { secret } = await kw.keys.create({ name: "billing" });
 * console.log(`made ${secret}`);      // made prod_********-****-****-1a234b56
 * showOnce(secret.reveal());          // prod_Q3v9ZkT1-x8Lm-0RaB-1a234b56
 * ```
 */
export class Secret {
  readonly #key: string;
  readonly masked: string;

  constructor(key: string, masked: string) {
    this.#key = key;
    this.masked = masked;
  }

  /** The key itself. Show it to the person who requested it, and drop the reference. */
  reveal(): string {
    return this.#key;
  }

  toString(): string {
    return this.masked;
  }

  toJSON(): string {
    return this.masked;
  }

  [Symbol.toPrimitive](): string {
    return this.masked;
  }

  [inspect.custom](): string {
    return `Secret(${this.masked})`;
  }
}
