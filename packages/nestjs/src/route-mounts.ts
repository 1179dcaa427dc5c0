import type { Keyward } from "@keyward/core";
import { Mount } from "@keyward/core/adapter";
import type { Type } from "@nestjs/common";
import { nest, type PlatformRequest } from "./platform.ts";
import { routeOptionsOf, type ApiKeyRouteOptions, type Handler } from "./route-options.ts";

/** A handler as it is guarded, for one of the classes that have it. */
interface Guarded {
  readonly controller: Type;
  readonly mount: Mount<PlatformRequest> | undefined;
  readonly next: Guarded | undefined;
}

/** Requirements of each handler, computed once. */
export class RouteMounts {
  readonly #kw: Keyward;
  readonly #defaults: ApiKeyRouteOptions;
  readonly #guarded = new WeakMap<Handler, Guarded>();

  constructor(kw: Keyward, defaults: ApiKeyRouteOptions) {
    this.#kw = kw;
    this.#defaults = defaults;
  }

  /**
   * `undefined` if the handler requires no key.
   *
   * @throws KeywardError `invalid-option`, or Error for decorators that contradict each other
   */
  mountOf(controller: Type, handler: Handler): Mount<PlatformRequest> | undefined {
    const existing = this.#guarded.get(handler);
    for (let each = existing; each !== undefined; each = each.next) {
      if (each.controller === controller) return each.mount;
    }
    const options = routeOptionsOf(controller, handler);
    const mount = options && new Mount(this.#kw, nest, { ...this.#defaults, ...options });
    this.#guarded.set(handler, { controller, mount, next: existing });
    return mount;
  }
}
