import type { AdmissibleKey } from "../admission/admissible-key.ts";
import type { Admission } from "../admission/admit.ts";
import { asOwnDecision } from "../admission/admitted-request.ts";
import type { Refused, ResponseHeaders } from "../admission/decision.ts";
import type { AdmissionRequest } from "../admission/request.ts";
import type { WriteMe } from "./create-me.ts";

/** A response to `GET <base>/me`. */
export interface MeResponse {
  readonly status: number;
  readonly headers: ResponseHeaders;
  /** JSON: the key and its limits, or a problem document. */
  readonly body: string;
}

/**
 * Responds to a request for the state of the key that it presents. It counts in `sustained` and `burst`, not in quotas, and is admitted where a quota is
 * used up.
 */
export async function respondToMe(
  admission: Admission,
  request: AdmissionRequest,
  write: WriteMe,
): Promise<MeResponse> {
  const { previous } = request;
  const outer = previous === undefined ? undefined : asOwnDecision(admission, previous);
  const decision = await admission.admit(freeOf(request));
  if (!decision.admitted) return refusal(decision);
  const admitted = asOwnDecision(admission, decision);
  if (admitted?.key === undefined) throw new Error("a request without a key was admitted");
  // An outer mount has charged the request: what it charged to quotas is refunded.
  if (outer !== undefined) await admission.settle(outer, { cost: 0 });
  const refused = outer === undefined ? await admission.chargePace(request, admitted) : undefined;
  if (refused !== undefined) return refusal(refused);
  const { headers } = admitted;
  return {
    status: 200,
    headers: { "Content-Type": "application/json", "Cache-Control": "no-store", ...headers },
    // Only keys are admitted where the route admits no anonymous requests.
    body: await write(admitted.admittee as AdmissibleKey),
  };
}

function refusal({ status, headers, problem }: Refused): MeResponse {
  return { status, headers, body: JSON.stringify(problem) };
}

/** The request without a cost, and without what routes require. */
function freeOf(request: AdmissionRequest): AdmissionRequest {
  return {
    header: (name) => request.header(name),
    get headerNames() {
      return request.headerNames;
    },
    get secure() {
      return request.secure;
    },
    get ip() {
      return request.ip;
    },
    get connection() {
      return request.connection;
    },
    previous: request.previous,
    get tag() {
      return request.tag;
    },
    cost: 0,
  };
}
