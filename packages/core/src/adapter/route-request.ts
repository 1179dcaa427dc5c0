import type { Decision } from "../admission/decision.ts";
import type { AdmissionRequest, Connection } from "../admission/request.ts";
import type { Framework } from "./framework.ts";
import type { Route } from "./route.ts";

/** A request at a route of a framework. */
interface Place<Source> {
  readonly framework: Framework<Source>;
  readonly route: Route;
}

/** A request on a route, as the admission reads it. Most of it is never read. */
export class RouteRequest<Source> implements AdmissionRequest {
  readonly place: Place<Source>;
  readonly source: Source;
  readonly first: unknown;
  readonly second: unknown;
  previous: Decision | undefined = undefined;

  /** @param first and `second`: the arguments for the functions in the route's options */
  constructor(place: Place<Source>, source: Source, first: unknown, second: unknown) {
    this.place = place;
    this.source = source;
    this.first = first;
    this.second = second;
  }

  header(name: string): string | readonly string[] | undefined {
    return this.place.framework.headerOf(this.source, name);
  }

  get headerNames(): readonly string[] {
    return this.place.framework.headerNamesOf(this.source);
  }

  get secure(): boolean {
    return this.place.framework.isSecure(this.source);
  }

  get ip(): string {
    return this.place.framework.addressOf(this.source);
  }

  get connection(): Connection | undefined {
    return this.place.framework.connectionOf(this.source);
  }

  get cost(): number | undefined {
    const { cost } = this.place.route;
    return typeof cost === "function" ? cost(this.first, this.second) : cost;
  }

  get budgets(): Readonly<Record<string, number>> | undefined {
    return this.place.route.budgets?.(this.first, this.second);
  }

  get scopes(): readonly string[] | undefined {
    return this.place.route.scopes;
  }

  get anyScope(): readonly string[] | undefined {
    return this.place.route.anyScope;
  }

  get anonymous(): string | undefined {
    return this.place.route.anonymous;
  }

  get tag(): string | undefined {
    const { route, framework } = this.place;
    return route.tag ?? framework.routeOf(this.source);
  }
}
