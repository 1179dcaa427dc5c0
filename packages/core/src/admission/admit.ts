/**
 * The way of a request, top to bottom: transport → header → form → look-up → status → scopes → limits.
 * Synchronous wherever nothing has to be awaited, which is every request of a cached key with a limiter
 * in memory.
 */
import { fingerprintOf } from "../keys/seal.ts";
import { whenReady, type MaybePromise } from "../maybe-promise.ts";
import { continueAdmission } from "./continue.ts";
import type { Decision } from "./decision.ts";
import { presentedKey, UNUSABLE } from "./header.ts";
import type { AdmissibleKey, Pipeline } from "./pipeline.ts";
import { recognize } from "./recognize.ts";
import { refuse, refuseAttempt, refuseLookUp } from "./refuse.ts";
import type { AdmissionRequest } from "./request.ts";
import { checkScopes } from "./scopes.ts";
import { spend } from "./spend.ts";
import { checkStatus } from "./status.ts";
import { cameSecurely, refusePlaintext } from "./transport.ts";

/** Decides a request. Throws only for a mistake of the caller's, such as a cost that is no number. */
export function admit(pipeline: Pipeline, request: AdmissionRequest): MaybePromise<Decision> {
  const { settings, keys } = pipeline;
  if (pipeline.starting !== undefined) return admitLater(pipeline, request, pipeline.starting);
  if (request.previous !== undefined) {
    const continued = continueAdmission(pipeline, request, request.previous);
    if (continued !== undefined) return continued;
  }

  if (!cameSecurely(pipeline, request)) return refusePlaintext(pipeline, request);

  const presented = presentedKey(request, settings.header);
  if (presented === undefined) return refuseAttempt(pipeline, request, "missing-api-key");
  if (presented === UNUSABLE) return refuseAttempt(pipeline, request, "invalid-api-key");

  const fingerprint = fingerprintOf(presented);
  const now = settings.clock();
  const cached = keys.cached(fingerprint, now);
  if (cached !== undefined) return judge(pipeline, request, cached, now);

  const recognized = recognize(pipeline, presented, fingerprint);
  if (recognized === undefined) return refuseAttempt(pipeline, request, "invalid-api-key");
  const { digests, proven } = recognized;
  return proven
    ? lookUp(pipeline, request, fingerprint, digests)
    : lookUpUnproven(pipeline, request, fingerprint, digests);
}

function admitLater(
  pipeline: Pipeline,
  request: AdmissionRequest,
  started: Promise<void>,
): Promise<Decision> {
  return started.then(() => admit(pipeline, request));
}

/** The step that may have to wait. Apart, so that its closures cost the requests nothing that skip it. */
function lookUp(
  pipeline: Pipeline,
  request: AdmissionRequest,
  fingerprint: string,
  digests: readonly string[],
): MaybePromise<Decision> {
  const unavailable = () =>
    refuse(pipeline, request, "key-store-unavailable", { headers: { "Retry-After": "1" } });
  const found = (key: AdmissibleKey | undefined) =>
    key === undefined
      ? refuseAttempt(pipeline, request, "invalid-api-key")
      : judge(pipeline, request, key, pipeline.settings.clock());
  let lookedUp: MaybePromise<AdmissibleKey | undefined>;
  try {
    lookedUp = pipeline.keys.lookUp(fingerprint, digests);
  } catch {
    return unavailable();
  }
  return lookedUp instanceof Promise ? lookedUp.then(found, unavailable) : found(lookedUp);
}

/**
 * A key without proof costs a look-up, which is rationed for a client that has failed too often. A key that was seen
 * valid is looked up in any case: its client is not refused for the failures of others at its address.
 */
function lookUpUnproven(
  pipeline: Pipeline,
  request: AdmissionRequest,
  fingerprint: string,
  digests: readonly string[],
): MaybePromise<Decision> {
  if (pipeline.keys.knows(fingerprint)) return lookUp(pipeline, request, fingerprint, digests);
  return whenReady(
    refuseLookUp(pipeline, request),
    (refused) => refused ?? lookUp(pipeline, request, fingerprint, digests),
  );
}

/** The steps after the key is known. */
function judge(
  pipeline: Pipeline,
  request: AdmissionRequest,
  key: AdmissibleKey,
  now: number,
): MaybePromise<Decision> {
  return (
    checkStatus(pipeline, request, key, now) ??
    checkScopes(pipeline, request, key) ??
    spend(pipeline, request, key, now)
  );
}
