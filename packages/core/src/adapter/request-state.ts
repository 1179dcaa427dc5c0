import { IncomingMessage } from "node:http";
import type { Admitted } from "../admission/decision.ts";
import { KeywardError } from "../errors.ts";
import type { ApiKey } from "../keys/record.ts";
import type { Keyward } from "../keyward.ts";

/** The admission of a request by one Keyward. */
export interface RequestAdmission {
  readonly kw: Keyward;
  /** Of the innermost mount so far. */
  decision: Admitted;
  /** Settles the cost when the response is done: of the innermost mount that has the option. */
  settle: (() => void) | undefined;
  /** The admission by another Keyward before this one. */
  readonly earlier: RequestAdmission | undefined;
}

const ADMISSION = Symbol.for("keyward.admission");

type Carrier = { [ADMISSION]?: RequestAdmission };

/** Shared by all copies of this module in a process, such as those of ES modules and CommonJS. */
interface Registry {
  readonly admissions: WeakMap<object, RequestAdmission>;
  /** True if any request carries its admission in a field. */
  hasCarriers: boolean;
}

const REGISTRY = Symbol.for("keyward.admissions");
const shared = globalThis as { [REGISTRY]?: Registry };
const registry = (shared[REGISTRY] ??= { admissions: new WeakMap(), hasCarriers: false });

/**
 * True if a request can carry a field cheaply: it still has the prototype that Node gave it. Once a framework has given it another one, V8
 * adds fields some ten times slower than an entry in a `WeakMap`.
 */
export function hasNodePrototype(request: object): boolean {
  return Object.getPrototypeOf(request) === IncomingMessage.prototype;
}

/** The last admission of a request; `undefined` if it was not admitted. */
export function findAdmission(request: object): RequestAdmission | undefined {
  if (hasNodePrototype(request)) return (request as Carrier)[ADMISSION];
  const admission = registry.admissions.get(request);
  // The prototype may have been changed since.
  return admission === undefined && registry.hasCarriers ? (request as Carrier)[ADMISSION] : admission;
}

/** The admission of a request by one Keyward; `undefined` if that Keyward did not admit it. */
export function findAdmissionBy(kw: Keyward, request: object): RequestAdmission | undefined {
  let admission = findAdmission(request);
  while (admission !== undefined && admission.kw !== kw) admission = admission.earlier;
  return admission;
}

/** Makes an admission the last one of a request. */
export function setAdmission(request: object, admission: RequestAdmission): void {
  if (hasNodePrototype(request)) {
    (request as Carrier)[ADMISSION] = admission;
    registry.hasCarriers = true;
  } else registry.admissions.set(request, admission);
}

/** The decision about an admitted request; `undefined` for a request that was not admitted. */
export function findDecision(request: object): Admitted | undefined {
  return findAdmission(request)?.decision;
}

/** The decision about an admitted request, for `admissionOf` of an adapter. */
export function decisionOf(request: object): Admitted {
  const admission = findAdmission(request);
  if (admission !== undefined) return admission.decision;
  throw new KeywardError(
    "not-admitted",
    "Keyward did not admit this request: mount keyward() on its route. Preflights and skipped requests have no admission.",
  );
}

/** The key of an admitted request, for `apiKeyOf` of an adapter. */
export function keyOf(request: object): ApiKey {
  const { key } = decisionOf(request);
  if (key !== undefined) return key;
  throw new KeywardError(
    "not-admitted",
    "This request is anonymous: it has no API key. Where anonymous requests are admitted, use admissionOf(request).key.",
  );
}
