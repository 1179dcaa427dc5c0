import type { Admitted, Decision, Settlement } from "../admission/decision.ts";
import type { Keyward } from "../keyward.ts";
import type { MaybePromise } from "../maybe-promise.ts";
import { warn } from "../warn.ts";
import { checkRouteOptions } from "./check-route-options.ts";
import type { Framework } from "./framework.ts";
import { isPreflight } from "./preflight.ts";
import { findAdmission, findAdmissionBy, setAdmission, type RequestAdmission } from "./request-state.ts";
import {
  addCaching,
  addExposed,
  fixedFields,
  type FixedFields,
  type HeaderTarget,
} from "./response-fields.ts";
import { RouteRequest } from "./route-request.ts";
import type { RealCost } from "./route-options.ts";
import { isSkipped, toRoute, type Route } from "./route.ts";

/** A response of Node. */
interface Closable {
  readonly destroyed: boolean;
  once(event: "close", listener: () => void): unknown;
}

/** Calls a function once, when a response is done. */
type WhenDone = (done: () => void) => void;

/** Keyward on a route of a framework: decides about its requests. Writing responses is the adapter's part. */
export class Mount<Source> {
  readonly kw: Keyward;
  readonly framework: Framework<Source>;
  readonly route: Route;
  readonly #fields: FixedFields;

  /**
   * @param names the names of further options that the adapter has, and checks itself
   * @throws KeywardError `invalid-option`
   */
  constructor(kw: Keyward, framework: Framework<Source>, options: object, names: readonly string[] = []) {
    checkRouteOptions(kw, options, names);
    this.kw = kw;
    this.framework = framework;
    this.route = toRoute(options);
    this.#fields = fixedFields(kw.configuration());
  }

  /**
   * Decides about a request. `undefined` for one that passes without a decision: a preflight, or one that is skipped.
   *
   * @param first and `second`: the arguments for the functions in the route's options
   * @throws what those functions throw, and KeywardError for what they must not return
   */
  decide(source: Source, first: unknown, second: unknown): MaybePromise<Decision | undefined> {
    const { framework, route, kw } = this;
    if (route.skip !== undefined && isSkipped(route.skip, first, second)) return undefined;
    if (route.passesPreflights && isPreflight(framework, source)) return undefined;
    const request = new RouteRequest(this, source, first, second);
    const stateKey = framework.stateKeyOf(source);
    const last = findAdmission(stateKey);
    if (last !== undefined) request.previous = (findAdmissionBy(kw, stateKey) ?? last).decision;
    const decision = kw.admit(request);
    return isPending(decision)
      ? decision.then((decided) => this.#conclude(request, stateKey, decided))
      : this.#conclude(request, stateKey, decision);
  }

  /**
   * Writes the headers of a decision: those of an admitted response before the application writes its own.
   *
   * @param source the request, which says whether a page of another origin reads them
   */
  writeHeaders(decision: Decision, source: Source, target: HeaderTarget): void {
    const { headers } = decision;
    for (const name in headers) target.setHeader(name, headers[name] as string);
    if (decision.admitted) addCaching(target, this.#fields.vary);
    if (this.framework.headerOf(source, "origin") !== undefined) addExposed(target, this.#fields.exposed);
  }

  /**
   * Has the cost of an admitted request settled when its response is finished or its connection closes, where the route has the option
   * `settle`. If several mounts have it, that of the innermost applies.
   *
   * @param first and `second`: the arguments for the option
   * @param whenDone the response of Node, or a function that calls another once, when the response is done
   */
  settleLater(source: Source, first: unknown, second: unknown, whenDone: Closable | WhenDone): void {
    const { settle } = this.route;
    const admission = settle === undefined ? undefined : findAdmission(this.framework.stateKeyOf(source));
    if (settle === undefined || admission === undefined) return;
    const isScheduled = admission.settle !== undefined;
    admission.settle = () => void settleBy(() => settle(first, second), admission);
    if (isScheduled) return;
    const done = () => admission.settle?.();
    if (typeof whenDone === "function") whenDone(done);
    // The client may have left while the decision was awaited.
    else if (whenDone.destroyed) setImmediate(done);
    else whenDone.once("close", done);
  }

  #conclude(request: RouteRequest<Source>, stateKey: object, decision: Decision): Decision {
    if (decision.admitted) this.#remember(stateKey, decision);
    else if (decision.problem.code === "https-required") warnOfUntrustedProxy(request);
    return decision;
  }

  #remember(stateKey: object, decision: Admitted): void {
    const last = findAdmission(stateKey);
    if (last !== undefined && last.kw === this.kw) last.decision = decision;
    else setAdmission(stateKey, { kw: this.kw, decision, settle: undefined, earlier: last });
  }
}

function isPending<T extends object>(value: MaybePromise<T>): value is Promise<T> {
  return "then" in value;
}

/** Settles a cost. The response was sent already, so that a failure can only be reported. */
async function settleBy(cost: () => MaybePromise<RealCost>, admission: RequestAdmission): Promise<void> {
  try {
    const settlement = toSettlement(await cost());
    if (settlement !== undefined) await admission.decision.settle(settlement);
  } catch (error) {
    warn("KEYWARD_SETTLE", `The cost of a request could not be settled: ${String(error)}`);
  }
}

function toSettlement(cost: RealCost): Settlement | undefined {
  return typeof cost === "object" || cost === undefined ? cost : { cost };
}

const warnedOf = new Set<string>();

/** Warns once that requests over HTTPS are refused because the framework does not trust the proxy in front of it. */
function warnOfUntrustedProxy<Source>({ place, source, connection }: RouteRequest<Source>): void {
  const { framework } = place;
  if (warnedOf.has(framework.name) || connection?.trustedProxy === true) return;
  if (framework.headerOf(source, "x-forwarded-proto") === undefined) return;
  warnedOf.add(framework.name);
  warn(
    "KEYWARD_UNTRUSTED_PROXY",
    `A request with X-Forwarded-Proto was refused as plain HTTP, because ${framework.name} does not trust the peer that sent it. ` +
      `If the peer is your proxy, trust it: ${framework.proxySetting}.`,
  );
}
