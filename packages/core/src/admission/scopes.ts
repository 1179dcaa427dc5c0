import type { Refused } from "./decision.ts";
import type { AdmissibleKey, Pipeline } from "./pipeline.ts";
import { refuse } from "./refuse.ts";
import type { AdmissionRequest } from "./request.ts";

/** Refuses a key that lacks any of the scopes that the request needs. */
export function checkScopes(
  pipeline: Pipeline,
  request: AdmissionRequest,
  key: AdmissibleKey,
): Refused | undefined {
  const { scopes } = request;
  if (scopes === undefined || scopes.every((scope) => key.record.scopes.includes(scope))) return undefined;
  const detail = `The request needs the scopes ${scopes.join(", ")}, and the key has not all of them.`;
  return refuse(pipeline, request, "insufficient-scope", { key, scopes, detail });
}
