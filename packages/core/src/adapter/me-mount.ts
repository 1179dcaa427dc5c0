import type { Keyward } from "../keyward.ts";
import { checkKeyward } from "./check-route-options.ts";
import type { Framework } from "./framework.ts";
import { findAdmissionBy } from "./request-state.ts";
import { addExposed, fixedFields, type HeaderTarget } from "./response-fields.ts";
import { RouteRequest } from "./route-request.ts";
import { toRoute } from "./route.ts";

const ROUTE = toRoute({});

/** `GET <base>/me` on a route of a framework. Sending the response is the adapter's part. */
export class MeMount<Source> {
  readonly framework: Framework<Source>;
  readonly route = ROUTE;
  readonly #kw: Keyward;
  readonly #exposed: string;

  /** @throws KeywardError `invalid-option` */
  constructor(kw: Keyward, framework: Framework<Source>) {
    checkKeyward(kw);
    this.#kw = kw;
    this.framework = framework;
    this.#exposed = fixedFields(kw.configuration()).exposed;
  }

  /** Writes the headers of the response, and returns its status and body. */
  async respond(
    source: Source,
    target: HeaderTarget,
  ): Promise<{ readonly status: number; readonly body: string }> {
    const request = new RouteRequest(this, source, undefined, undefined);
    request.previous = findAdmissionBy(this.#kw, this.framework.stateKeyOf(source))?.decision;
    const { status, headers, body } = await this.#kw.me(request);
    for (const [name, value] of Object.entries(headers)) target.setHeader(name, value);
    if (this.framework.headerOf(source, "origin") !== undefined) addExposed(target, this.#exposed);
    return { status, body };
  }
}
