import { Inject, Injectable, type OnApplicationBootstrap, type Type } from "@nestjs/common";
import { GUARDS_METADATA, ROUTE_ARGS_METADATA } from "@nestjs/common/constants.js";
import { ApplicationConfig, DiscoveryService, MetadataScanner } from "@nestjs/core";
import { checkRequirements, type Keyward } from "@keyward/core";
import { ApiKeyGuard } from "./api-key.guard.ts";
import { currentApiKey } from "./decorators.ts";
import { decorationsOf, requirementsOf, type Handler, type Requirements } from "./requirements.ts";
import { KEYWARD } from "./token.ts";

/** What makes a provider one whose methods are called with guards in front. */
const CALLED_BY_NEST = ["graphql:resolver_type", "websockets:is_gateway"];

/** Goes through all decorators when the application starts, and refuses those that would change nothing. */
@Injectable()
export class DecoratorCheck implements OnApplicationBootstrap {
  readonly #kw: Keyward;
  readonly #discovery: DiscoveryService;
  readonly #config: ApplicationConfig;
  readonly #methods = new MetadataScanner();

  constructor(
    @Inject(KEYWARD) kw: Keyward,
    @Inject(DiscoveryService) discovery: DiscoveryService,
    @Inject(ApplicationConfig) config: ApplicationConfig,
  ) {
    this.#kw = kw;
    this.#discovery = discovery;
    this.#config = config;
  }

  /** @throws Error that names the first decorator that is wrong where it stands. */
  onApplicationBootstrap(): void {
    const everywhere = this.#guardedGlobally();
    for (const { metatype } of this.#discovery.getControllers()) {
      if (isClass(metatype)) this.#check(metatype, everywhere);
    }
    for (const { metatype } of this.#discovery.getProviders()) {
      if (!isClass(metatype)) continue;
      const calledByNest = CALLED_BY_NEST.some((kind) => Reflect.hasMetadata(kind, metatype));
      this.#check(metatype, everywhere && calledByNest);
    }
  }

  #guardedGlobally(): boolean {
    return (
      this.#config.getGlobalGuards().some(isApiKeyGuard) ||
      this.#config.getGlobalRequestGuards().some(({ metatype }) => isApiKeyGuard(metatype))
    );
  }

  #check(target: Type, guardedGlobally: boolean): void {
    const guarded = guardedGlobally || hasGuard(target);
    let guardedMethods = 0;
    const prototype = target.prototype as Record<string, unknown>;
    for (const name of this.#methods.getAllMethodNames(prototype)) {
      const handler = prototype[name] as Handler;
      const place = `${target.name}.${name}`;
      if (guarded || hasGuard(handler)) {
        guardedMethods += 1;
        this.#checkGuarded(target, handler, place);
      } else {
        refuseUnguarded(decorationsOf(handler), place);
        if (takesApiKey(target, name)) throw unguarded("@CurrentApiKey()", place);
      }
    }
    if (!guarded && guardedMethods === 0) refuseUnguarded(decorationsOf(target), target.name);
  }

  #checkGuarded(target: Type, handler: Handler, place: string): void {
    const { public: isPublic, scopes, cost } = requirementsOf(target, handler);
    try {
      checkRequirements(this.#kw, { scopes, cost });
    } catch (error) {
      throw new Error(`On ${place}: ${(error as Error).message}`, { cause: error });
    }
    if (isPublic && takesApiKey(target, handler.name)) {
      throw new Error(
        `@CurrentApiKey() on ${place} would never be given a key: @Public() applies to it. Remove one of them.`,
      );
    }
  }
}

function refuseUnguarded({ public: isPublic, scopes, cost }: Requirements, place: string): void {
  if (scopes !== undefined) throw unguarded("@Scopes()", place);
  if (cost !== undefined) throw unguarded("@Cost()", place);
  if (isPublic) throw unguarded("@Public()", place);
}

function unguarded(decorator: string, place: string): Error {
  return new Error(
    `${decorator} on ${place} has no effect: no ApiKeyGuard stands there. ` +
      "Put @UseGuards(ApiKeyGuard) on it, or { provide: APP_GUARD, useClass: ApiKeyGuard } among a module's providers.",
  );
}

function isClass(metatype: unknown): metatype is Type {
  return (
    typeof metatype === "function" && typeof metatype.prototype === "object" && metatype.prototype !== null
  );
}

function hasGuard(target: object): boolean {
  const guards = Reflect.getMetadata(GUARDS_METADATA, target) as readonly unknown[] | undefined;
  return guards?.some(isApiKeyGuard) ?? false;
}

/** A guard may be given as its class or as an instance. */
function isApiKeyGuard(guard: unknown): boolean {
  if (guard === ApiKeyGuard || guard instanceof ApiKeyGuard) return true;
  return typeof guard === "function" && guard.prototype instanceof ApiKeyGuard;
}

function takesApiKey(target: Type, method: string): boolean {
  const taken = Reflect.getMetadata(ROUTE_ARGS_METADATA, target, method) as object | undefined;
  return Object.values(taken ?? {}).some((each: { factory?: unknown }) => each.factory === currentApiKey);
}
