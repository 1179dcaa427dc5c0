import type { ExecutionContext, Type } from "@nestjs/common";
import type { RouteOptions } from "@keyward/core/adapter";

/** Requirements of handlers. Functions receive `(executionContext)`. */
export type ApiKeyRouteOptions = RouteOptions<[context: ExecutionContext]>;

/** Requirements set by the decorators of one method or class. */
export interface Decorations {
  /** True if `@SkipApiKey()` applies. */
  readonly skips: boolean;
  readonly options: ApiKeyRouteOptions;
}

/** A method of a class that Nest calls. */
export type Handler = object & { readonly name: string };

export const OPTIONS = "keyward:options";
export const SKIP = "keyward:skip";
/** Marks handlers that find out by themselves which key a request presents. Guards let their requests pass. */
export const IDENTIFIES = "keyward:identifies";

/** The decorators that set options, by option. */
const DECORATORS: Readonly<Partial<Record<keyof ApiKeyRouteOptions, string>>> = {
  scopes: "@RequireScopes()",
  cost: "@RequestCost()",
  budgets: "@RequestBudgets()",
};

/** The decorators on this very method or class. */
export function decorationsOf(target: object): Decorations {
  return {
    skips: Reflect.getMetadata(SKIP, target) === true,
    options: (Reflect.getMetadata(OPTIONS, target) ?? {}) as ApiKeyRouteOptions,
  };
}

/** Adds options to those that other decorators have set on the same method or class. */
export function addOptions(options: ApiKeyRouteOptions, target: object): void {
  Reflect.defineMetadata(OPTIONS, { ...decorationsOf(target).options, ...options }, target);
}

/** The names of the decorators that were used. */
export function namesOf({ skips, options }: Decorations): readonly string[] {
  const names = Object.keys(options).map(
    (option) => DECORATORS[option as keyof ApiKeyRouteOptions] ?? "@ApiKeyOptions()",
  );
  return [...new Set(skips ? ["@SkipApiKey()", ...names] : names)];
}

/**
 * Returns the requirements of a handler. Each option of the method overrides the same option of the class. `undefined` if it requires no key.
 *
 * @throws Error if decorators contradict each other
 */
export function routeOptionsOf(controller: Type, handler: Handler): ApiKeyRouteOptions | undefined {
  if (Reflect.getMetadata(IDENTIFIES, handler) === true) return undefined;
  const own = decorationsOf(handler);
  const inherited = decorationsOf(controller);
  const options = { ...inherited.options, ...own.options };
  if (!own.skips && !inherited.skips) return options;
  // The options of a class do not apply to a method that skips by itself.
  const applying = inherited.skips ? { skips: false, options } : { ...own, skips: false };
  const names = namesOf(applying);
  if (names.length > 0) {
    throw new Error(
      `@SkipApiKey() and ${names.join(" and ")} both apply to ${controller.name}.${handler.name}. ` +
        "A request without a key cannot be checked. Remove one of them.",
    );
  }
  return undefined;
}
