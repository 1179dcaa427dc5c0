import { Inject, Injectable, type OnApplicationBootstrap, type Type } from "@nestjs/common";
import { GUARDS_METADATA, ROUTE_ARGS_METADATA } from "@nestjs/common/constants.js";
import { ApplicationConfig, DiscoveryService, MetadataScanner, ModuleRef } from "@nestjs/core";
import type { Keyward } from "@keyward/core";
import { ApiKeyGuard } from "./api-key.guard.ts";
import { currentApiKey } from "./decorators.ts";
import { RouteMounts } from "./route-mounts.ts";
import { decorationsOf, namesOf, type ApiKeyRouteOptions, type Handler } from "./route-options.ts";
import { DEFAULTS, KEYWARD } from "./tokens.ts";

/** Marks of providers whose methods Nest calls with global guards before them. */
const GRAPHQL_RESOLVER = "graphql:resolver_type";
/** Marks of methods that no HTTP request leads to. Global guards do not apply to them in all versions of Nest. */
const MESSAGE_HANDLERS = ["microservices:pattern", "websockets:message_mapping"];

/** Goes through all decorators when the application starts, and refuses those that would have no effect. */
@Injectable()
export class DecoratorCheck implements OnApplicationBootstrap {
  readonly #mounts: RouteMounts;
  readonly #discovery: DiscoveryService;
  readonly #config: ApplicationConfig;
  readonly #modules: ModuleRef;
  readonly #methods = new MetadataScanner();

  constructor(
    @Inject(KEYWARD) kw: Keyward,
    @Inject(DEFAULTS) defaults: ApiKeyRouteOptions,
    @Inject(DiscoveryService) discovery: DiscoveryService,
    @Inject(ApplicationConfig) config: ApplicationConfig,
    @Inject(ModuleRef) modules: ModuleRef,
  ) {
    this.#mounts = new RouteMounts(kw, defaults);
    this.#discovery = discovery;
    this.#config = config;
    this.#modules = modules;
  }

  /** @throws Error that names the first decorator that is wrong in its place */
  onApplicationBootstrap(): void {
    const isGlobal = this.#isGuardedGlobally();
    for (const { metatype } of this.#discovery.getControllers()) {
      if (isClass(metatype)) this.#check(metatype, isGlobal);
    }
    for (const { metatype } of this.#discovery.getProviders()) {
      if (isClass(metatype))
        this.#check(metatype, isGlobal && Reflect.hasMetadata(GRAPHQL_RESOLVER, metatype));
    }
  }

  #isGuardedGlobally(): boolean {
    // Tests can replace the guard.
    const provided: unknown = this.#modules.get(ApiKeyGuard, { strict: false });
    return (
      this.#config.getGlobalGuards().some((guard) => guard === provided || isApiKeyGuard(guard)) ||
      this.#config.getGlobalRequestGuards().some(({ metatype }) => isApiKeyGuard(metatype))
    );
  }

  #check(target: Type, isGuardedGlobally: boolean): void {
    const isClassGuarded = guardsOf(target).length > 0;
    let guardedMethods = 0;
    const prototype = target.prototype as Record<string, Handler>;
    for (const name of this.#methods.getAllMethodNames(prototype)) {
      const handler = prototype[name] as Handler;
      const place = `${target.name}.${name}`;
      if (MESSAGE_HANDLERS.some((key) => Reflect.hasMetadata(key, handler))) {
        refuseOnMessageHandler(target, name, handler);
      } else if (isGuardedGlobally || isClassGuarded || guardsOf(handler).length > 0) {
        guardedMethods += 1;
        this.#checkGuarded(target, handler, place);
      } else {
        refuseUnguarded(namesOf(decorationsOf(handler)), place);
        if (takesApiKey(target, name)) refuseUnguarded(["@CurrentApiKey()"], place);
      }
    }
    if (!isGuardedGlobally && !isClassGuarded && guardedMethods === 0) {
      refuseUnguarded(namesOf(decorationsOf(target)), target.name);
    }
  }

  #checkGuarded(target: Type, handler: Handler, place: string): void {
    let skips: boolean;
    try {
      skips = this.#mounts.mountOf(target, handler) === undefined;
    } catch (error) {
      throw new Error(`On ${place}: ${(error as Error).message}`, { cause: error });
    }
    if (skips && takesApiKey(target, handler.name)) {
      throw new Error(
        `@CurrentApiKey() on ${place} would never have a key: @SkipApiKey() applies to it. Remove one of them.`,
      );
    }
  }
}

/** Requires a guard that can find the HTTP request, on the handler or its class. */
function refuseOnMessageHandler(target: Type, name: string, handler: Handler): void {
  const names = [...namesOf(decorationsOf(handler)), ...namesOf(decorationsOf(target))];
  if (takesApiKey(target, name)) names.push("@CurrentApiKey()");
  const [decorator] = names;
  if (decorator === undefined || [...guardsOf(handler), ...guardsOf(target)].some(findsRequests)) return;
  throw new Error(
    `${decorator} applies to ${target.name}.${name}, a message handler, and would not protect it: global guards do not apply to message ` +
      "handlers in all versions of Nest, and ApiKeyGuard finds no HTTP request there. Extend ApiKeyGuard, override getRequestResponse(), " +
      "and put @UseGuards() with that class on the handler; or remove the decorator.",
  );
}

/** True if a guard finds requests in contexts other than HTTP. */
function findsRequests(guard: unknown): boolean {
  const prototype: unknown = typeof guard === "function" ? guard.prototype : guard;
  const { getRequestResponse } = prototype as { getRequestResponse?: unknown };
  return (
    getRequestResponse !==
    (ApiKeyGuard.prototype as unknown as { getRequestResponse: unknown }).getRequestResponse
  );
}

function refuseUnguarded([decorator]: readonly string[], place: string): void {
  if (decorator === undefined) return;
  throw new Error(
    `${decorator} on ${place} has no effect: no ApiKeyGuard applies there. ` +
      "Add @UseGuards(ApiKeyGuard) to it, or { provide: APP_GUARD, useClass: ApiKeyGuard } to the providers of a module.",
  );
}

function isClass(metatype: unknown): metatype is Type {
  return (
    typeof metatype === "function" && typeof metatype.prototype === "object" && metatype.prototype !== null
  );
}

/** The guards of this package on a method or class. */
function guardsOf(target: object): readonly unknown[] {
  const guards = Reflect.getMetadata(GUARDS_METADATA, target) as readonly unknown[] | undefined;
  return guards?.filter(isApiKeyGuard) ?? [];
}

/** A guard is a class or an instance. */
function isApiKeyGuard(guard: unknown): boolean {
  if (guard === ApiKeyGuard || guard instanceof ApiKeyGuard) return true;
  return typeof guard === "function" && guard.prototype instanceof ApiKeyGuard;
}

function takesApiKey(target: Type, method: string): boolean {
  const taken = Reflect.getMetadata(ROUTE_ARGS_METADATA, target, method) as object | undefined;
  return Object.values(taken ?? {}).some((each: { factory?: unknown }) => each.factory === currentApiKey);
}
