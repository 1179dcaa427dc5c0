import { createHash } from "node:crypto";

/** The hashed-key look-up that teams put in front of a rate limiter: a digest, and a map of ids by digest. */
export class PeerKeys {
  readonly #ids = new Map<string, string>();

  constructor(...keys: readonly string[]) {
    for (const key of keys) this.#ids.set(digestOf(key), `key_${this.#ids.size}`);
  }

  idOf(key: unknown): string | undefined {
    return typeof key === "string" ? this.#ids.get(digestOf(key)) : undefined;
  }
}

function digestOf(key: string): string {
  return createHash("sha256").update(key).digest("hex");
}
