import type { Refused } from "./decision.ts";
import type { AdmissibleKey, Pipeline } from "./pipeline.ts";
import { refuse } from "./refuse.ts";
import type { AdmissionRequest } from "./request.ts";

/** Refuses a key that is revoked, expired, or of an environment that this server does not accept. */
export function checkStatus(
  pipeline: Pipeline,
  request: AdmissionRequest,
  key: AdmissibleKey,
  now: number,
): Refused | undefined {
  const { revokedAt, expiresAt } = key.record;
  if (revokedAt !== null) return refuse(pipeline, request, "revoked-api-key", { key });
  if (expiresAt !== null && expiresAt <= now) return refuse(pipeline, request, "expired-api-key", { key });
  if (!key.accepted) {
    const accepted = pipeline.settings.environments.join(", ");
    const detail = `The key is for the environment "${key.record.environment}"; this server accepts ${accepted}.`;
    return refuse(pipeline, request, "wrong-environment", { key, detail });
  }
  return undefined;
}
