import type { AuditStore } from "../store/audit-store.ts";
import { warn } from "../warn.ts";

/** Actor in the audit log for revocations of keys that were sent over plain HTTP. */
const ACTOR = "keyward: sent over plain HTTP";

/**
 * Revocations until an operator has to confirm. A misconfigured proxy makes every request look like plain HTTP, and
 * revoked keys do not come back.
 */
const MAX_UNCONFIRMED_REVOCATIONS = 3;

/** Audit events that are searched for earlier revocations, newest first. */
const AUDIT_EVENTS_SEARCHED = 1000;

interface PlaintextRevocationsOptions {
  readonly store: AuditStore;
  readonly revoke: (
    keyId: string,
    by: { readonly actor: string; readonly address: string },
  ) => Promise<unknown>;
  /** Revocations before this time were confirmed; milliseconds since the epoch. */
  readonly confirmedUntil: number;
  /** Called for each key that is not revoked any more. */
  readonly stopped: (keyId: string) => void;
}

/** Revokes keys that were sent over plain HTTP, a few of them. */
export class PlaintextRevocations {
  readonly #options: PlaintextRevocationsOptions;
  #hasStopped = false;
  #revoking: Promise<unknown> = Promise.resolve();

  constructor(options: PlaintextRevocationsOptions) {
    this.#options = options;
  }

  /** Returns true if the key was revoked; `false` once an operator has to confirm. Rejects if the store fails. */
  revoke(keyId: string, address: string): Promise<boolean> {
    // One after another, so that many at once do not all count the same earlier ones.
    const revoked = this.#revoking.then(() => this.#revokeNext(keyId, address));
    this.#revoking = revoked.catch(() => {});
    return revoked;
  }

  async #revokeNext(keyId: string, address: string): Promise<boolean> {
    if (!this.#hasStopped && (await this.#countRevocations()) >= MAX_UNCONFIRMED_REVOCATIONS) this.#stop();
    if (this.#hasStopped) this.#options.stopped(keyId);
    else await this.#options.revoke(keyId, { actor: ACTOR, address });
    return !this.#hasStopped;
  }

  #stop(): void {
    this.#hasStopped = true;
    warn(
      "KEYWARD_PLAINTEXT_KEYS",
      `Keyward has revoked ${MAX_UNCONFIRMED_REVOCATIONS} keys that were sent over plain HTTP, and revokes no more until an operator confirms it.`,
    );
  }

  /** Counted in the audit trail, which other processes share and which outlives this one. */
  async #countRevocations(): Promise<number> {
    const { store, confirmedUntil } = this.#options;
    const events = await store.listAudit({}, { limit: AUDIT_EVENTS_SEARCHED });
    return events.filter(({ actor, at }) => actor === ACTOR && at >= confirmedUntil).length;
  }
}
