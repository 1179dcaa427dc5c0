import { fingerprintOf } from "../keys/signer.ts";
import { statusOf } from "../keys/record.ts";
import type { VerifiedKeys } from "../keys/verified-keys.ts";
import type { Clock } from "../clock.ts";
import type { MaybePromise } from "../maybe-promise.ts";
import type { AdmissibleKey } from "./admissible-key.ts";
import type { PlaintextRevocations } from "./plaintext-revocations.ts";
import { UNUSABLE, type ReadPresentedKey } from "./presented-key.ts";
import type { Recognize } from "./recognize.ts";
import type { Refusal } from "./refusal.ts";
import type { AdmissionRequest } from "./request.ts";
import { isProvablyPlaintext } from "./transport.ts";

/** Handles keys that arrive over plain HTTP. */
export interface PlaintextKeys {
  /** Returns the refusal of the request. */
  handle(request: AdmissionRequest, refusal: Refusal): MaybePromise<Refusal>;
}

/** Refuses the request, and leaves the key as it is. */
export const refusePlaintext: PlaintextKeys = { handle: (_request, refusal) => refusal };

export interface RevokePlaintextOptions {
  readonly readPresentedKey: ReadPresentedKey;
  readonly clock: Clock;
  readonly recognize: Recognize;
  readonly keys: VerifiedKeys<AdmissibleKey>;
  readonly revocations: PlaintextRevocations;
  readonly failed: (error: unknown) => void;
}

const REVOKED: Refusal = {
  code: "https-required",
  detail:
    "This API requires HTTPS. Your key was sent over plain HTTP, where others may have read it, and was revoked.",
};

/** Revokes a live key that arrived on an unencrypted socket. */
export function revokePlaintext(options: RevokePlaintextOptions): PlaintextKeys {
  const { readPresentedKey, clock, recognize, keys, revocations, failed } = options;
  return {
    async handle(request, refusal) {
      if (!isProvablyPlaintext(request)) return refusal;
      const presented = readPresentedKey(request);
      if (presented === undefined || presented === UNUSABLE) return refusal;
      const fingerprint = fingerprintOf(presented);
      const recognized = recognize(presented, fingerprint);
      if (recognized === undefined) return refusal;
      try {
        const key = await keys.lookUp(fingerprint, recognized.digests);
        if (key === undefined || statusOf(key.record, clock()) !== "active") return refusal;
        const isRevoked = await revocations.revoke(key.record.id, request.connection?.peer ?? "");
        return isRevoked ? REVOKED : refusal;
      } catch (error) {
        failed(error);
        return refusal;
      }
    },
  };
}
