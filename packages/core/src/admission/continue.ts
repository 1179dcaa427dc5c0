import type { Limiter } from "../limits/limiter.ts";
import { whenReady, type MaybePromise } from "../maybe-promise.ts";
import { AdmittedRequest } from "./admitted-request.ts";
import type { Decision, Refused } from "./decision.ts";
import type { Pipeline } from "./pipeline.ts";
import { costOf, type AdmissionRequest } from "./request.ts";
import { checkScopes } from "./scopes.ts";
import { consume } from "./spend.ts";

/**
 * Goes on with a request that this pipeline admitted before, at an outer mount: nothing is counted
 * twice. The inner mount's scopes must be there, and where its cost is higher the difference is spent.
 * If it refuses, what the outer mount counted is given back.
 *
 * @returns `undefined` if the earlier decision is not one of this pipeline's own
 */
export function continueAdmission(
  pipeline: Pipeline,
  request: AdmissionRequest,
  previous: Decision,
): MaybePromise<Decision> | undefined {
  const earlier = AdmittedRequest.ownedBy(pipeline, previous);
  if (earlier === undefined) return undefined;
  const key = AdmittedRequest.keyOf(earlier);
  const lacking = checkScopes(pipeline, request, key);
  if (lacking !== undefined) return withdraw(pipeline, earlier, lacking);
  const more = costOf(request) - AdmittedRequest.costOf(earlier);
  if (more <= 0) return previous;
  const decision = consume(pipeline, request, key, more, earlier, pipeline.settings.clock());
  return whenReady(decision, (decided) =>
    decided.admitted ? decided : withdraw(pipeline, earlier, decided),
  );
}

/** Uncounts what outer mounts admitted, so that a refused request has cost nothing. */
function withdraw(pipeline: Pipeline, earlier: AdmittedRequest, refused: Refused): MaybePromise<Refused> {
  const { limiter, clock } = pipeline.settings;
  if (!givesBack(limiter)) return refused;
  pipeline.usage.withdrawn(
    AdmittedRequest.keyOf(earlier).record.id,
    clock(),
    AdmittedRequest.costOf(earlier),
  );
  return whenReady(AdmittedRequest.giveBack(earlier, limiter), () => refused);
}

function givesBack(limiter: Limiter): limiter is Required<Limiter> {
  return limiter.giveBack !== undefined;
}
